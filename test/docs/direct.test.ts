import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createTidemark } from '@tidemark/core'
import { describe, expect, it, vi } from 'vitest'
import { aside, many, manyAside, readThrough, wrapped } from './snippets/direct.ts'
import type { makeUsers } from './snippets/direct-decorator.ts'
import { runnableSnippet, shownSnippets } from './snippets.ts'

const fetchUser = async (id: number) => ({ id })

describe('docs/direct.md', () => {
  it('shows code as it was run', async () => {
    const shown = await shownSnippets('docs/direct.md')
    expect(shown.map(({ name }) => name)).toEqual(
      ['load', 'many', 'aside', 'many-aside', 'wrap', 'decorator'].map((name) => `direct-${name}`),
    )
    for (const { name, code } of shown) {
      const file = name === 'direct-decorator' ? name : 'direct'
      expect(code).toBe(await runnableSnippet(name, file))
    }
  })

  it('loads what it says it loads', async () => {
    const cache = createTidemark()
    const fetchRates = vi.fn<() => Promise<{ EUR: number }>>(async () => ({ EUR: 1 }))
    await readThrough(cache, fetchRates)
    expect(await readThrough(cache, fetchRates)).toEqual({ EUR: 1 })
    expect(fetchRates).toHaveBeenCalledTimes(2)

    const fetchUsers = vi.fn<(ids: readonly number[]) => Promise<{ id: number }[]>>(async (ids) =>
      ids.map((id) => ({ id })),
    )
    await many(cache, [1, 2], fetchUsers)
    const users = await many(cache, [1, 2, 3], fetchUsers)
    expect([...users.values()]).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
    expect(fetchUsers.mock.calls).toEqual([[[1, 2]], [[3]]])

    const makeReport = vi.fn<() => Promise<string>>(async () => 'report')
    expect(await aside(cache, makeReport)).toBe('report')
    expect(await aside(cache, makeReport)).toBe('report')
    expect(makeReport).toHaveBeenCalledTimes(1)

    const fetchByKey = async (keys: readonly string[]) =>
      new Map(keys.map((key) => [key, { id: Number(key.slice('user:'.length)) }]))
    expect(await manyAside(cache, [7, 8], fetchByKey)).toEqual(['user:7', 'user:8'])
    expect(await manyAside(cache, [7, 9], fetchByKey)).toEqual(['user:9'])

    const { user, userOf } = await wrapped(cache, fetchUser)
    expect([user, await userOf(6)]).toEqual([{ id: 5 }, { id: 6 }])
  })

  // Neither Node nor vitest reads decorators yet; TypeScript compiles them for both.
  it('decorates as TypeScript compiles it', async () => {
    const root = fileURLToPath(new URL('../../', import.meta.url))
    const caches = join(root, 'node_modules/.cache')
    mkdirSync(caches, { recursive: true })
    const folder = mkdtempSync(join(caches, 'decorator-'))
    try {
      const source = join(root, 'test/docs/snippets/direct-decorator.ts')
      const compile = ['--target', 'es2022', '--module', 'nodenext', '--noCheck', '--noResolve']
      const only = ['--ignoreConfig', '--types', '', '--outDir', folder, source]
      execFileSync(join(root, 'node_modules/.bin/tsc'), [...compile, ...only])
      const compiled = pathToFileURL(join(folder, 'direct-decorator.js')).href
      const module = (await import(compiled)) as { makeUsers: typeof makeUsers }
      const cache = createTidemark()
      const find = vi.fn<typeof fetchUser>(fetchUser)
      const users = module.makeUsers(cache, find)
      expect(await users.find(5)).toEqual({ id: 5 })
      expect(await users.find(5)).toEqual({ id: 5 })
      expect(find).toHaveBeenCalledTimes(1)
      await cache.invalidate({ tags: ['users'] })
      await users.find(5)
      expect(find).toHaveBeenCalledTimes(2)
      expect(cache.metrics().queries[0]).toMatchObject({ adapter: 'direct', fingerprint: 'find' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
