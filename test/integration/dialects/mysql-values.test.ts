import { createTidemark, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { Kysely, MysqlDialect, sql } from 'kysely'
import { createPool, type Pool } from 'mysql2'
import { afterEach, beforeEach, expect, inject, it } from 'vitest'
import { describeDatabase } from '../../support/databases.ts'

describeDatabase('mariadb', 'Values of MySQL', (database) => {
  let cache: Tidemark
  let pool: Pool | undefined
  let plain: Kysely<unknown>

  beforeEach(async () => {
    cache = createTidemark()
    await database.sql(`create table if not exists samples (
      a_bit bit(9), a_big bigint, a_decimal decimal(30, 10), a_float float, a_date date, a_time time(3), a_moment datetime(6),
      a_year year, a_json json, a_blob blob, a_text text, an_enum enum('a', 'b'), a_set set('a', 'b'),
      a_point point, a_shape geometry, a_uuid uuid, an_address inet6
    )`)
    await database.sql(`delete from samples`)
    await database.sql(`insert into samples values (
      b'101010101', 9007199254740993, 12345678901234567890.0123456789, 1.5, '2020-02-29', '-12:34:56.789',
      '2020-02-29 12:34:56.123456', 1999, '{"a": [1, null], "__proto__": 1}', x'00ff', 'ü', 'b', 'a,b', point(1, 2),
      st_geomfromtext('polygon((0 0, 1 0, 1 1, 0 0))'), uuid(), '::1'
    ), (${Array.from({ length: 17 }, () => 'null').join(', ')})`)
  })
  afterEach(async () => {
    await plain.destroy()
    pool = undefined
    await cache.close()
  })

  it.each([
    ['as they are', {}],
    ['dates as text', { dateStrings: true }],
    ['big numbers as text', { supportBigNumbers: true, bigNumberStrings: true }],
    ['decimals as numbers', { decimalNumbers: true }],
    ['JSON as text', { jsonStrings: true }],
    ['bits cast', { typeCast: false }],
  ])('come back as the driver gave them: %s', async (_, options) => {
    const [row] = await database.sql<{ name: string }>('select database() as name')
    const url = new URL(inject('mariadbUrl'))
    url.pathname = row!.name
    pool = createPool({ uri: url.href, connectionLimit: 2, ...options })
    plain = new Kysely<unknown>({ dialect: new MysqlDialect({ pool }) })
    const db = withCache(plain, cache)
    const query = sql`select * from ${sql.table('samples')} order by a_big`
    const expected = (await query.execute(plain)).rows
    for (let round = 0; round < 3; round += 1) {
      expect((await cached()(query).execute(db)).rows).toStrictEqual(expected)
    }
    expect(cache.metrics().queries[0]?.hits).toEqual({ memory: 2 })
  })
})
