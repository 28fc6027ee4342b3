import type { Tidemark } from '@tidemark/core'
import type { Kysely } from 'kysely'
import type { Tables } from '../../../prisma/tables.ts'

type Told = Pick<Console, 'log' | 'table'>

export async function explain(db: Kysely<Tables>, cache: Tidemark, console: Told) {
  // snippet: explain
  const { answeredFrom, reason, tags, policy } = await cache.explain(
    db.selectFrom('films').selectAll().where('id', '=', 1),
  )
  console.log(answeredFrom, reason) // database absent
  console.table(tags) // every query: *, query: films
  console.table(policy) // ttlMs 60000 from 'table films', isolation 'copy' from 'default', …
  // end
}

export function listen(cache: Tidemark, console: Told) {
  // snippet: explain-events
  const stop = cache.on('read', ({ fingerprint, outcome, reason }) => {
    if (outcome === 'bypass') console.log(`${reason}: ${fingerprint}`)
  })
  // end
  return stop
}
