import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import Database from 'better-sqlite3'
import { Kysely, type LogEvent, SqliteDialect } from 'kysely'
import { describe, expect, it } from 'vitest'
import { Lag, lagging } from '../../property/lag.ts'

describe('the catalogue', () => {
  it('is read through connections that a proxy stands in front of, and not logged where it can be helped', async () => {
    for (const isProxied of [true, false]) {
      const database = new Database(':memory:')
      database.exec('create table pets (name text)')
      const dialect = new SqliteDialect({ database })
      const logged: LogEvent[] = []
      const plain = new Kysely<{ pets: { name: string } }>({
        dialect: isProxied ? lagging(dialect, new Lag()) : dialect,
        log: (event) => void logged.push(event),
      })
      const cache = createTidemark()
      const db = withCache(plain, cache, { cacheByDefault: true })
      const names = () => db.selectFrom('pets').select('name').execute()
      await names()
      await names()
      const read = cache.metrics().queries.find(({ kind }) => kind === 'read')
      expect(read).toMatchObject({ hits: { memory: 1 }, bypasses: {} })
      if (!isProxied) expect(logged).toHaveLength(1)
      await cache.close()
      await db.destroy()
    }
  })
})
