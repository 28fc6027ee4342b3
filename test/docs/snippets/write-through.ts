import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../../../prisma/tables.ts'

export async function run(kysely: Kysely<Tables>) {
  // snippet: write-through
  const cache = createTidemark()
  const db = withCache(kysely, cache, { tables: { films: { ttl: '1h', writeThrough: true } } })

  const film = (id: number) => db.selectFrom('films').selectAll().where('id', '=', id)

  await film(1).execute() // The first read of this form: the database is asked.
  await db.updateTable('films').set({ title: 'Dune' }).where('id', '=', 1).returningAll().execute()
  const dune = await film(1).executeTakeFirst() // A hit, with what the update gave back.
  // end
  return { cache, dune }
}
