import { createTidemark, TidemarkError } from '@tidemark/core'
import { withCache } from '@tidemark/prisma'
import { describe, expect, it } from 'vitest'
import { readClient, readOperation } from '../../../packages/prisma/src/prisma-internals.ts'
import { internals, unconnectedClient } from './models.ts'

describe('the internals of the installed Prisma Client', () => {
  it('are where they are looked for', () => {
    expect(Object.keys(internals.models)).toContain('Film')
    expect(internals.models['Film']?.dbName).toBe('films')
    expect(internals.schema).toContain('model Film {')
    expect(internals.provider).toBe('postgresql')
    expect(internals.resultShape).toBe('')
  })

  it('tell what computed fields need', () => {
    const client = unconnectedClient().$extends({
      result: { film: { shout: { needs: { title: true }, compute: ({ title }) => title } } },
    })
    expect(JSON.parse(readClient(client).resultShape)).toEqual([null, ['Film.shout:["title"]']])
  })

  it('are one engine for all clients that were extended from one', () => {
    const client = unconnectedClient()
    expect(readClient(client.$extends({})).engine).toBe(readClient(client).engine)
  })
})

describe('a client of another kind is refused, with what was expected and what came', () => {
  const whole = {
    $extends: () => undefined,
    _engine: { request: () => 0, requestBatch: () => 0, transaction: () => 0 },
    _requestHandler: { request: () => 0 },
    _runtimeDataModel: { models: {} },
    _engineConfig: {},
    _extensions: { getAllComputedFields: () => undefined },
  }
  it.each<[string, unknown, string]>([
    ['something else', {}, 'expected $extends to be a function, got undefined'],
    [
      'no engine',
      { ...whole, _engine: undefined },
      'expected _engine to be an object, got undefined',
    ],
    [
      'an engine of another shape',
      { ...whole, _engine: { ...whole._engine, requestBatch: 1 } },
      'expected _engine.requestBatch to be a function, got number',
    ],
    [
      'requests of another shape',
      { ...whole, _requestHandler: {} },
      'expected _requestHandler.request to be a function, got undefined',
    ],
    [
      'no models',
      { ...whole, _runtimeDataModel: {} },
      'expected _runtimeDataModel.models to be an object, got undefined',
    ],
    [
      'models of another shape',
      { ...whole, _runtimeDataModel: { models: { Film: {} } } },
      'expected _runtimeDataModel.models.Film.fields to be an array, got undefined',
    ],
    [
      'no extensions',
      { ...whole, _extensions: {} },
      'expected _extensions.getAllComputedFields to be a function, got undefined',
    ],
  ])('%s', (_name, client, message) => {
    const expected = `prisma: expected a Prisma Client of version 7: ${message}`
    expect(() => readClient(client)).toThrow(new TidemarkError('UNSUPPORTED_CLIENT', expected))
    expect(() => withCache(client, createTidemark())).toThrow(expected)
  })

  it('so is an operation without its internals', () => {
    expect(() => readOperation({})).toThrow('expected __internalParams to be an object')
    expect(() => readOperation({ __internalParams: {} })).toThrow(
      'expected __internalParams.dataPath to be an array, got undefined',
    )
  })
})
