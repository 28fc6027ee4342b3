import { isTicket, type Tidemark } from '@tidemark/core'
import { cached } from '@tidemark/kysely'
import type { Kysely } from 'kysely'
import type { Tables } from '../../../prisma/tables.ts'

/** Two handlers of an HTTP server, as far as a cookie is concerned. */
export function handlers(db: Kysely<Tables>, cache: Tidemark) {
  const rename = async (id: number, title: string) => {
    // snippet: tickets-write
    const { ticket } = await cache.withTicket(() =>
      db.updateTable('films').set({ title }).where('id', '=', id).execute(),
    )
    const attributes = 'Path=/; Max-Age=10; HttpOnly; SameSite=Lax'
    const headers = { 'set-cookie': `fresh-after=${ticket}; ${attributes}` }
    // end
    return headers
  }
  const show = async (id: number, cookies: Readonly<Record<string, string>>) => {
    // snippet: tickets-read
    const ticket = cookies['fresh-after']
    const film = await db
      .selectFrom('films')
      .selectAll()
      .where('id', '=', id)
      .$call(cached(isTicket(ticket) ? { freshAfter: ticket } : {}))
      .executeTakeFirst()
    // end
    return film
  }
  return { rename, show }
}
