import { isTicket, type Tidemark, TidemarkError } from '@tidemark/core'
import { cached } from '@tidemark/kysely'
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import type { Kysely } from 'kysely'

export interface Tables {
  films: { id: number; title: string; version: number }
}

/** The cookie in which a browser carries the ticket of its last write. */
export const TICKET = 'fresh-after'

/** An ordinary HTTP API. Nothing in it invalidates anything. */
export function filmsApi(db: Kysely<Tables>, cache: Tidemark): Hono {
  const film = (id: string) => db.selectFrom('films').selectAll().where('id', '=', Number(id))
  const api = new Hono()

  // From memory, then Redis, then PostgreSQL. At most `maxStaleness` behind what another process has written, and
  // never behind what whoever asks has written, wherever that was.
  api.get('/films/:id', async (c) => {
    const ticket = getCookie(c, TICKET)
    const hint = cached(isTicket(ticket) ? { freshAfter: ticket } : {})
    return c.json(await film(c.req.param('id')).$call(hint).executeTakeFirst())
  })

  // Never behind anything: Redis is asked whether it is current.
  api.get('/films/:id/now', async (c) => {
    const hint = cached({ consistency: 'strict' })
    return c.json(await film(c.req.param('id')).$call(hint).executeTakeFirst())
  })

  api.put('/films/:id', async (c) => {
    const { title, version } = await c.req.json<{ title: string; version: number }>()
    const id = Number(c.req.param('id'))
    const earlier = getCookie(c, TICKET)
    const { ticket } = await cache.withTicket(
      () => db.updateTable('films').set({ title, version }).where('id', '=', id).execute(),
      { earlier: isTicket(earlier) ? earlier : undefined },
    )
    setCookie(c, TICKET, ticket, { maxAge: 10, httpOnly: true, sameSite: 'Lax' })
    return c.body(null, 204)
  })

  api.get('/metrics', (c) => c.json(cache.metrics()))

  api.onError((error, c) => {
    // Redis is away, and whoever reads there could not be told of the write: it was not sent.
    const isRefused = error instanceof TidemarkError && error.code === 'MARKS_UNAVAILABLE'
    return c.text(error.message, isRefused ? 503 : 500)
  })
  return api
}
