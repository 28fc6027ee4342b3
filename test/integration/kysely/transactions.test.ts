import { createTidemark, EVERYTHING, tableTag, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { ManualClock } from '@tidemark/testing'
import { CompiledQuery, type Kysely, sql, Transaction } from 'kysely'
import { Migrator } from 'kysely/migration'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { describeEachDatabase } from '../../support/databases.ts'
import { answersOf, fillFilms } from './films.ts'
import { hasPool, interpose, type Interposition, isPostgres } from './interposed.ts'
import { hasAbortedTransactionError } from './kysely-features.ts'

describeEachDatabase('Kysely transactions and connections', (database) => {
  let cache: Tidemark
  let clock: ManualClock
  let between: Interposition
  let db: Kysely<Tables>

  beforeEach(async () => {
    between = { connections: 0 }
    clock = new ManualClock()
    cache = createTidemark({ clock, lease: '10s' })
    db = withCache(interpose(database, between), cache)
    await fillFilms(database)
    await readTitle()
  })
  afterEach(() => cache.close())

  const readTitle = async (from: Kysely<Tables> = db) => {
    const query = from.selectFrom('films').select('title').where('id', '=', 1)
    return (await query.$call(cached()).executeTakeFirst())?.title
  }
  const writeTitle = (title: string, to: Kysely<Tables> = db) =>
    to.updateTable('films').set({ title }).where('id', '=', 1).execute()

  const leaseOfRedis = 'leases end by the clock of Redis there: hazard 7'
  const isOnlyPostgres = 'a test of what only Postgres has'

  /** Remembers the marks of films, and tells whether they have moved: without asking the database for it. */
  async function watchMarks(): Promise<() => boolean> {
    const names = [EVERYTHING, tableTag('films')]
    const tags = cache.engine.shared?.marksOf?.(names) ?? names
    const reading = await cache.engine.marks.read(tags)
    if (reading.state === 'locked') return () => true
    return () => cache.engine.marks.match(tags, reading.tokens) === 'moved'
  }

  /** Reads, and says whether the database was asked. */
  async function readAndTell(from?: Kysely<Tables>): Promise<string> {
    const sent = database.statements.mark()
    const title = await readTitle(from)
    return `${title}, ${sent().length === 0 ? 'cached' : 'asked'}`
  }

  // MySQL has tables that keep what is rolled back, so there a rollback makes old what was written.
  const afterRollback = () => (database.name === 'mariadb' ? 'Alien, asked' : 'Alien, cached')

  describe('transaction()', () => {
    it('holds its marks from before the COMMIT is sent, and not from the statement on', async () => {
      const hasMoved = await watchMarks()
      const moved: string[] = []
      between.statement = (text, send) => {
        moved.push(`${text.split(' ')[0]!} ${hasMoved()}`)
        return send()
      }
      await db.transaction().execute(async (trx) => {
        await writeTitle('Alien 1', trx)
        expect(await readTitle()).toBe('Alien')
      })
      expect(moved).toEqual(['begin false', 'update false', 'commit true'])
      expect(await readTitle()).toBe('Alien 1')
    })

    it('passes isolation level and access mode on', async ({ skip }) => {
      skip(!isPostgres(database), isOnlyPostgres)
      const sent: string[] = []
      between.statement = (text, send) => (sent.push(text), send())
      await db
        .transaction()
        .setIsolationLevel('serializable')
        .setAccessMode('read only')
        .execute((trx) => readTitle(trx))
      expect(sent).toEqual([
        'begin isolation level serializable read only',
        'select "title" from "films" where "id" = $1',
        'commit',
      ])
    })

    it('hands out a Transaction that cannot be nested', async () => {
      await db.transaction().execute(async (trx) => {
        expect(trx).toBeInstanceOf(Transaction)
        expect(trx.isTransaction).toBe(true)
        expect(trx.withSchema('public')).toBeInstanceOf(Transaction)
        expect(() => trx.transaction()).toThrow('not supported')
        expect(() => trx.destroy()).toThrow('not supported')
      })
    })

    it('follows what is derived from it', async ({ skip }) => {
      skip(database.name === 'mariadb', 'its default schema has the name of the database')
      const schema = () => (isPostgres(database) ? 'public' : 'main')
      await db.transaction().execute(async (trx) => {
        await writeTitle(
          'Alien 1',
          trx.withSchema(schema()).$extendTables<{ x: { y: 1 } }>() as never,
        )
        expect(await readTitle(trx.withoutPlugins())).toBe('Alien 1')
      })
      expect(answersOf(cache)).toEqual({ absent: 1, 'in-transaction': 1 })
      expect(await readTitle()).toBe('Alien 1')
    })

    it('passes the error of a failing COMMIT, and makes its writes old', async ({ skip }) => {
      skip(!isPostgres(database), isOnlyPostgres)
      await database.sql(
        `alter table films add constraint later unique (title) deferrable initially deferred`,
      )
      const write = db.transaction().execute((trx) => writeTitle('Heat', trx))
      await expect(write).rejects.toMatchObject({ code: '23505' })
      expect(await readAndTell()).toBe('Alien, asked')
      expect(await readAndTell()).toBe('Alien, cached')
      await database.sql(`alter table films drop constraint later`)
    })

    it('treats a COMMIT that rolled back as settled', async ({ skip }) => {
      skip(!isPostgres(database), isOnlyPostgres)
      // Kysely's own driver: it is the one that notices.
      const own = withCache(database.kysely, cache, { database: 'own' })
      const write = own.transaction().execute(async (trx) => {
        await writeTitle('Never', trx)
        await sql`select 1 from nowhere`.execute(trx).catch(() => undefined)
      })
      if (hasAbortedTransactionError) {
        await expect(write).rejects.toMatchObject({ name: 'AbortedTransactionError' })
      } else {
        // Only some drivers say it themselves.
        await write.catch(() => undefined)
      }
      expect(await readTitle()).toBe('Alien')
      expect(await readAndTell()).toBe('Alien, cached')
    })

    it('leaves the marks to their lease when nobody answers the COMMIT', async ({ skip }) => {
      skip(database.name === 'sqlite', 'it answers ROLLBACK in a way that settles it')
      skip(inject('sharedTier'), leaseOfRedis)
      between.statement = async (text, send) => {
        const answer = await send()
        if (text === 'commit') throw new Error('Connection terminated unexpectedly')
        return answer
      }
      const write = db.transaction().execute((trx) => writeTitle('Alien 1', trx))
      await expect(write).rejects.toThrow('terminated')
      delete between.statement
      expect(await readAndTell()).toBe('Alien 1, asked')
      expect(await readAndTell()).toBe('Alien 1, asked')
      clock.advance(10_001)
      expect(await readAndTell()).toBe('Alien 1, asked')
      expect(await readAndTell()).toBe('Alien 1, cached')
    })

    it('moves the marks of a schema change at once', async () => {
      await db.transaction().execute(async (trx) => {
        await trx.schema.alterTable('films').addColumn('extra', 'integer').execute()
        expect(answersOf(cache)).toEqual({ absent: 1 })
      })
      expect(await readAndTell()).toBe('Alien, asked')
      await db.schema.alterTable('films').dropColumn('extra').execute()
      expect(await readAndTell()).toBe('Alien, asked')
      expect(await readAndTell()).toBe('Alien, cached')
    })

    it('makes old what a schema change committed, even if it is rolled back', async () => {
      const write = db.transaction().execute(async (trx) => {
        await writeTitle('Alien 1', trx)
        await trx.schema.createTable('marks').addColumn('x', 'integer').execute()
        await trx.insertInto('genres').values({ name: 'Drama' }).execute()
        throw new Error('abandon')
      })
      await expect(write).rejects.toThrow('abandon')
      const [film] = await database.sql<{ title: string }>('select title from films where id = 1')
      expect(film?.title).toBe(database.name === 'mariadb' ? 'Alien 1' : 'Alien')
      expect(await readTitle()).toBe(film?.title)
      await database.sql('drop table if exists marks')
    })

    it('notices a raw COMMIT inside of it', async () => {
      await db.transaction().execute(async (trx) => {
        const committed = await watchMarks()
        await writeTitle('Alien 1', trx)
        expect(committed()).toBe(false)
        await sql`commit`.execute(trx)
        expect(committed()).toBe(true)
        const written = await watchMarks()
        await writeTitle('Alien 2', trx)
        expect(written()).toBe(true)
        await sql`begin`.execute(trx)
      })
      expect(await readTitle()).toBe('Alien 2')
    })
  })

  describe('startTransaction()', () => {
    it('moves marks at commit()', async () => {
      const trx = await db.startTransaction().setIsolationLevel('serializable').execute()
      await writeTitle('Alien 1', trx)
      expect(await readTitle(trx)).toBe('Alien 1')
      expect(await readAndTell()).toBe('Alien, cached')
      await trx.commit().execute()
      expect([trx.isCommitted, trx.isRolledBack]).toEqual([true, false])
      expect(await readTitle()).toBe('Alien 1')
      await expect(trx.commit().execute()).rejects.toThrow('already committed')
      await expect(readTitle(trx)).rejects.toThrow('already committed')
    })

    it('moves none at rollback()', async () => {
      const trx = await db.startTransaction().execute()
      await writeTitle('Never', trx)
      await trx.rollback().execute()
      expect([trx.isCommitted, trx.isRolledBack]).toEqual([false, true])
      expect(await readAndTell()).toBe(afterRollback())
    })

    it('keeps what was written before and inside of a savepoint that is rolled back', async () => {
      const trx = await db.startTransaction().execute()
      await writeTitle('Alien 1', trx)
      const inner = await trx.savepoint('here').execute()
      await inner.insertInto('genres').values({ name: 'Drama' }).execute()
      const after = await inner.rollbackToSavepoint('here').execute()
      expect(await readTitle(after)).toBe('Alien 1')
      const released = await after.releaseSavepoint('here').execute()
      expect(released).toBeInstanceOf(Transaction)
      await released.withSchema('public').commit().execute()
      expect(trx.isCommitted).toBe(hasAbortedTransactionError)
      expect(await readTitle()).toBe('Alien 1')
    })

    it('moves everything when a COMMIT is sent again that failed before', async () => {
      const trx = await db.startTransaction().execute()
      await writeTitle('Alien 1', trx)
      between.statement = (text, send) =>
        text === 'commit' ? Promise.reject(new Error('busy')) : send()
      await expect(trx.commit().execute()).rejects.toThrow('busy')
      delete between.statement
      clock.advance(10_001)
      const hasMoved = await watchMarks()
      await trx.commit().execute()
      expect(hasMoved()).toBe(true)
      expect(await readTitle()).toBe('Alien 1')
    })
  })

  describe('connection()', () => {
    it('never caches what it reads', async () => {
      await db.connection().execute(async (connection) => {
        expect(await readAndTell(connection)).toBe('Alien, asked')
        await writeTitle('Alien 1', connection)
        expect(await readAndTell(connection)).toBe('Alien 1, asked')
      })
      expect(answersOf(cache)).toEqual({ absent: 1, 'pinned-connection': 2 })
      expect(await readTitle()).toBe('Alien 1')
    })

    it('follows a transaction that is started on it', async () => {
      await db.connection().execute(async (connection) => {
        await connection.transaction().execute(async (trx) => {
          await writeTitle('Alien 1', trx)
          expect(await readAndTell()).toBe('Alien, cached')
        })
        expect(await readTitle(connection)).toBe('Alien 1')
        const trx = await connection.startTransaction().execute()
        await writeTitle('Alien 2', trx)
        await trx.commit().execute()
      })
      expect(await readTitle()).toBe('Alien 2')
    })

    it('moves no mark at a raw ROLLBACK', async () => {
      const texts = isPostgres(database) ? ['rollback', 'abort', 'ROLLBACK WORK;'] : ['ROLLBACK']
      for (const text of texts) {
        await db.connection().execute(async (connection) => {
          await connection.executeQuery(CompiledQuery.raw('begin'))
          await writeTitle('Never', connection)
          await connection.executeQuery(CompiledQuery.raw(text))
        })
      }
      expect(await readAndTell()).toBe(afterRollback())
    })

    it('keeps what is written around a raw savepoint', async ({ skip }) => {
      skip(!isPostgres(database), isOnlyPostgres)
      await db.connection().execute(async (connection) => {
        await sql`begin`.execute(connection)
        await writeTitle('Alien 1', connection)
        await sql`savepoint here`.execute(connection)
        await writeTitle('Never', connection)
        await sql`rollback to savepoint here`.execute(connection)
        await sql`release here`.execute(connection)
        expect(await readAndTell()).toBe('Alien, cached')
        await sql`commit and chain`.execute(connection)
        const hasMoved = await watchMarks()
        await writeTitle('Alien 2', connection)
        expect(hasMoved()).toBe(false)
        await sql`end`.execute(connection)
      })
      expect(await readTitle()).toBe('Alien 2')
    })

    it('keeps its statements in the order in which they were asked for', async () => {
      const sent: string[] = []
      between.statement = (text, send) => (sent.push(text.split(' ')[0]!), send())
      await db.connection().execute(async (connection) => {
        await Promise.all([
          writeTitle('Alien 1', connection),
          readTitle(connection),
          sql`begin`.execute(connection),
          writeTitle('Alien 2', connection),
          sql`commit`.execute(connection),
          writeTitle('Alien 3', connection),
          readTitle(connection),
        ])
      })
      expect(sent.join(' ')).toBe('update select begin update commit update select')
      expect(await readTitle()).toBe('Alien 3')
    })

    it('does not trust what was left open on it', async () => {
      await db.connection().execute(async (connection) => {
        await sql`begin`.execute(connection)
        await writeTitle('Alien 1', connection)
        // Out of sight of the cache, as the next user of the connection would.
        await connection
          .getExecutor()
          .provideConnection((own) => own.executeQuery(CompiledQuery.raw('commit')))
      })
      expect(await readAndTell()).toBe('Alien 1, asked')
      expect(answersOf(cache)['marks-locked']).toBe(1)
    })

    it('moves marks at once where it is not certain that a transaction is open', async ({
      skip,
    }) => {
      skip(!isPostgres(database), isOnlyPostgres)
      await db.connection().execute(async (connection) => {
        await sql`select 1; begin`.execute(connection).catch(() => undefined)
        const written = await watchMarks()
        await writeTitle('Alien 1', connection)
        expect(written()).toBe(true)
        const committed = await watchMarks()
        await sql`commit`.execute(connection)
        expect(committed()).toBe(true)
      })
      expect(await readTitle()).toBe('Alien 1')
    })
  })

  it('follows a raw BEGIN on an instance with one connection', async ({ skip }) => {
    skip(hasPool(database), 'a pool sends BEGIN and what follows to several connections')
    await sql`begin`.execute(db)
    await writeTitle('Never')
    expect(await readAndTell()).toBe('Never, asked')
    expect(await readAndTell()).toBe('Never, asked')
    await sql`rollback`.execute(db)
    expect(await readAndTell()).toBe('Alien, asked')
    expect(await readAndTell()).toBe('Alien, cached')
  })

  it('lets Kysely’s migrator run, and never caches what it reads', async () => {
    const migrator = new Migrator({
      db: withCache(database.kysely, cache, { database: 'again', cacheByDefault: true }),
      provider: {
        getMigrations: async () => ({
          one: { up: (trx) => trx.schema.createTable('marks').addColumn('x', 'integer').execute() },
        }),
      },
    })
    const { error, results } = await migrator.migrateToLatest()
    expect(error).toBeUndefined()
    expect(results).toMatchObject([{ migrationName: 'one', status: 'Success' }])
    expect(Object.keys(answersOf(cache))).not.toContain('memory')
    for (const table of ['marks', 'kysely_migration', 'kysely_migration_lock']) {
      await database.sql(`drop table ${table}`)
    }
  })
})
