import { createTidemark, type ValueType } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { Kysely, PGliteDialect } from 'kysely'
import { expect, it } from 'vitest'

function intervalType(): ValueType {
  const cache = createTidemark()
  withCache(new Kysely({ dialect: new PGliteDialect({ pglite: {} as never }) }), cache)
  return cache.engine.valueTypes.find(({ name }) => name === 'PostgresInterval')!
}

/** As the driver has one, by its shape. */
class PostgresInterval {
  readonly days = 1
  readonly hours = -0
  readonly milliseconds = 0.5
}

it('an interval is made from text once the driver has brought its class', () => {
  const type = intervalType()
  const text = '[["days","1"],["hours","-0"],["milliseconds","0.5"]]'
  expect(() => type.decode!(text)).toThrow('no interval has come from the driver yet')
  const interval = new PostgresInterval()
  expect(type.matches(interval)).toBe(true)
  expect(type.encode(interval)).toBe(text)
  expect(type.decode!(text)).toStrictEqual(interval)
  expect(type.decode!('[["__proto__", "1"], ["days", "x"]]')).toBeInstanceOf(PostgresInterval)
  expect(() => type.decode!('1')).toThrow(TypeError)
})
