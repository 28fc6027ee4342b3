import { createTidemark, systemClock, systemRandom, type Tidemark } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { CamelCasePlugin, type Kysely, sql } from 'kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { Gate, SharedStore } from '@tidemark/testing'
import { describeEachDatabase } from '../../support/databases.ts'
import { fillFilms } from './films.ts'
import { hasPool, interpose, type Interposition, isPostgres } from './interposed.ts'

const shouting = sql`update films set title = upper(new.title) where id = new.id and title <> upper(new.title)`

describeEachDatabase(
  'A write by Kysely that gives back its row',
  (database) => {
    let cache: Tidemark
    let db: Kysely<Tables>
    let between: Interposition

    beforeEach(async () => {
      between = { connections: 0 }
      cache = createTidemark()
      db = withCache(interpose(database, between), cache, {
        database: 'one',
        tables: { films: { writeThrough: true } },
      })
      await fillFilms(database)
      // What the next reads look like is known from those before.
      await read()
    })
    afterEach(() => cache.close())

    const point = (from: Kysely<Tables> = db, id = 1) =>
      from.selectFrom('films').selectAll().where('id', '=', id)
    const read = (id = 1, from = db) => point(from, id).executeTakeFirst()
    const update = (to: Kysely<Tables> = db) =>
      to
        .updateTable('films')
        .set({ title: 'Aliens', imdb_votes: 7 })
        .where('id', '=', 1)
        .returningAll()

    /** Reads without asking the database, and says whether that was possible and right. */
    async function hit(id = 1) {
      const sent = database.statements.mark()
      const found = await read(id)
      const wasAsked = sent().length > 0
      expect(found).toStrictEqual(await read(id, database.kysely))
      return !wasAsked
    }

    it('makes the next read of the row a hit', async () => {
      const written = await update().executeTakeFirstOrThrow()
      expect(await hit()).toBe(true)
      expect(await read()).toStrictEqual(written)
      expect(await hit(2)).toBe(false)
      await update().execute()
      expect(await hit(2)).toBe(false)
    })

    it('also where it inserts it, or updates it in place of that', async () => {
      const values = { id: 3, title: 'New', imdb_votes: 3 }
      const { id } = await db
        .insertInto('films')
        .values(values)
        .returningAll()
        .executeTakeFirstOrThrow()
      expect(await hit(id)).toBe(true)
      await db
        .insertInto('films')
        .values({ id, title: 'Newer' })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ title: 'Newest' }))
        .returningAll()
        .execute()
      expect(await hit(id)).toBe(true)
      expect((await read(id))?.title).toBe('Newest')
    })

    it('for reads of some of its columns as well, and through plugins', async () => {
      const camel = withCache(
        interpose(database, between).withPlugin(new CamelCasePlugin()),
        cache,
        {
          database: 'one',
          tables: { films: { writeThrough: true } },
        },
      ) as unknown as Kysely<{ films: { id: number; title: string; imdbVotes: number } }>
      const some = () =>
        camel.selectFrom('films').select(['imdbVotes', 'title']).where('films.id', '=', 1).execute()
      await some()
      await camel
        .updateTable('films')
        .set({ title: 'Aliens', imdbVotes: 8 })
        .where('id', '=', 1)
        .returningAll()
        .execute()
      const sent = database.statements.mark()
      expect(await some()).toStrictEqual([{ imdbVotes: 8, title: 'Aliens' }])
      expect(sent()).toEqual([])
    })

    it('by a hint of the read', async () => {
      const plain = withCache(interpose(database, between), cache, { database: 'plain' })
      const hinted = () =>
        point(plain)
          .$call(cached({ writeThrough: true }))
          .executeTakeFirst()
      await hinted()
      await update(plain).execute()
      const sent = database.statements.mark()
      expect((await hinted())?.title).toBe('Aliens')
      expect(sent()).toEqual([])
    })

    it('leaves nothing where it was not asked for', async () => {
      const plain = withCache(interpose(database, between), cache, {
        database: 'plain',
        cacheByDefault: true,
      })
      await read(1, plain)
      await update(plain).execute()
      const sent = database.statements.mark()
      await read(1, plain)
      expect(sent()).toHaveLength(1)
    })

    it('leaves nothing of a transaction', async () => {
      await db.transaction().execute((trx) => update(trx).execute())
      expect(await hit()).toBe(false)
    })

    it('leaves nothing where columns are missing, the key changes, or more is written by it', async () => {
      await db
        .updateTable('films')
        .set({ title: 'A' })
        .where('id', '=', 1)
        .returning(['id', 'title'])
        .execute()
      expect(await hit()).toBe(false)
      await db.updateTable('films').set({ id: 100 }).where('id', '=', 1).returningAll().execute()
      expect(await hit()).toBe(false)
      expect(await hit(100)).toBe(false)
      if (database.name === 'sqlite') return
      await db
        .updateTable('films')
        .from('genres')
        .set({ title: 'B' })
        .where('films.id', '=', 100)
        .returningAll('films')
        .execute()
      expect(await hit(100)).toBe(false)
    })

    it('leaves nothing of two that race, whoever ends first', async ({ skip }) => {
      skip(
        !hasPool(database),
        'one connection does one after the other: test/unit/core/write-through.test.ts',
      )
      for (const endsFirst of [0, 1]) {
        await read()
        const gates = [new Gate(), new Gate()] as const
        const instances = gates.map((gate) => {
          const own: Interposition = {
            connections: 0,
            statement: async (text, send) => {
              const answer = await send()
              return text.startsWith('update') ? gate.pass(() => answer) : answer
            },
          }
          return withCache(interpose(database, own), cache, {
            database: 'one',
            tables: { films: { writeThrough: true } },
          })
        })
        for (const instance of instances) await read(1, instance)
        const writes = []
        for (const [index, gate] of gates.entries()) {
          const title = `by ${index}`
          const write = instances[index]!.updateTable('films')
            .set({ title })
            .where('id', '=', 1)
            .returningAll()
          writes.push(write.execute())
          await gate.reached
        }
        gates[endsFirst]!.open()
        await writes[endsFirst]
        gates[1 - endsFirst]!.open()
        await Promise.all(writes)
        expect(await hit()).toBe(false)
        expect((await read())?.title).toBe('by 1')
      }
    })

    it.for([true, false])(
      'leaves nothing where a raw BEGIN overtakes it on the only connection (rolled back before it ends: %s)',
      async (isRolledBackFirst, { skip }) => {
        skip(hasPool(database), 'a pool sends BEGIN and what follows to several connections')
        const settings = { clock: systemClock, random: systemRandom, leaseMs: 10_000 }
        const shared = new SharedStore(settings).connect()
        const own = createTidemark({ shared })
        const instance = withCache(interpose(database, between), own, {
          tables: { films: { writeThrough: true } },
        })
        await read(1, instance)
        const gates = new Map([
          ['intent', new Gate()],
          ['replace', new Gate()],
        ])
        const [intent, replace] = [...gates.values()] as [Gate, Gate]
        shared.hold = async ({ method }) => {
          const gate = gates.get(method)
          gates.delete(method)
          await gate?.pass(() => {})
        }
        const write = update(instance).execute()
        await intent.reached
        await sql`begin`.execute(instance)
        intent.open()
        await replace.reached
        if (isRolledBackFirst) await sql`rollback`.execute(instance)
        replace.open()
        await write
        if (!isRolledBackFirst) await sql`rollback`.execute(instance)
        expect((await read(1, instance))?.title).toBe('Alien')
        await own.close()
      },
    )

    it('leaves nothing in a table with a trigger, which may change the row once more', async () => {
      const statements = isPostgres(database)
        ? [
            sql`create function shout() returns trigger language plpgsql as $$ begin ${shouting}; return null; end $$`,
            sql`create trigger shout after update on films for each row execute function shout()`,
          ]
        : [sql`create trigger shout after update on films begin ${shouting}; end`]
      for (const statement of statements) await statement.execute(db)
      try {
        await read()
        await update().execute()
        expect(await hit()).toBe(false)
        expect((await read())?.title).toBe('ALIENS')
      } finally {
        const drops = isPostgres(database)
          ? [sql`drop trigger shout on films`, sql`drop function shout`]
          : [sql`drop trigger shout`]
        for (const drop of drops) await drop.execute(db)
      }
    })
  },
  { except: { mariadb: 'it has no UPDATE … RETURNING' } },
)
