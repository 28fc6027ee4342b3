import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { describe, expect, it } from 'vitest'
import { explain, listen } from './snippets/explain.ts'
import { describeDatabase, describeEachDatabase } from '../support/databases.ts'
import { runnableSnippet, shownSnippets } from './snippets.ts'
import { handlers } from './snippets/tickets.ts'
import { verified } from './snippets/verification.ts'
import { run as writeThrough } from './snippets/write-through.ts'

describe.each([
  ['docs/verification.md', 'verification', 2],
  ['docs/read-your-writes.md', 'tickets', 2],
  ['docs/explain.md', 'explain', 2],
  ['docs/write-through.md', 'write-through', 1],
])('%s', (page, file, count) => {
  it('shows code as it was run', async () => {
    const shown = await shownSnippets(page)
    expect(shown).toHaveLength(count)
    for (const { name, code } of shown) expect(code).toBe(await runnableSnippet(name, file))
  })
})

it('the code about verification runs', async () => {
  const lines: unknown[] = []
  const console = { log: (line: unknown) => lines.push(line), error: () => {} }
  const { cache, tell } = verified(console)
  tell()
  expect(lines).toEqual([{ freshConfirmed: 0, staleConfirmed: 0, staleRateAtMost: undefined }])
  await cache.close()
})

describeEachDatabase('the code about tickets', (database) => {
  it('shows whoever wrote what was written', async () => {
    const cache = createTidemark()
    const { rename, show } = handlers(withCache(database.kysely, cache), cache)
    await database.kysely.insertInto('films').values({ title: 'Alien' }).execute()
    expect(await show(1, {})).toMatchObject({ title: 'Alien' })
    const cookie = (await rename(1, 'Aliens'))['set-cookie']
    const cookies = { 'fresh-after': /=([^;]+)/.exec(cookie)![1]! }
    expect(await show(1, cookies)).toMatchObject({ title: 'Aliens' })
    expect(await show(1, { 'fresh-after': 'forged' })).toMatchObject({ title: 'Aliens' })
    await cache.close()
  })
})

describeEachDatabase('the code about explanations', (database) => {
  it('says what the page says that it does', async () => {
    const cache = createTidemark()
    const db = withCache(database.kysely, cache, { tables: { films: { ttl: '1m' } } })
    const logged: unknown[][] = []
    const tables: unknown[] = []
    const console = {
      log: (...line: unknown[]) => logged.push(line),
      table: (table: unknown) => tables.push(table),
    }
    await explain(db, cache, console)
    expect(logged).toEqual([['database', 'absent']])
    expect(tables).toMatchObject([
      [
        { name: '*', from: 'every query' },
        { name: 'films', from: 'query' },
      ],
      {
        ttlMs: { value: 60_000, from: 'table films' },
        isolation: { value: 'copy', from: 'default' },
      },
    ])
    const stop = listen(cache, console)
    await db.selectFrom('genres').selectAll().execute()
    stop()
    await db.selectFrom('genres').selectAll().execute()
    expect(logged.slice(1)).toEqual([[expect.stringMatching(/^no-policy: select .*genres/)]])
    await cache.close()
  })
})

describeDatabase('postgres', 'the code about write-through', (database) => {
  it('has a hit after the write', async () => {
    await database.kysely.insertInto('films').values({ title: 'Alien' }).execute()
    const { cache, dune } = await writeThrough(database.kysely)
    expect(dune).toMatchObject({ id: 1, title: 'Dune' })
    expect(cache.metrics().queries.find(({ kind }) => kind === 'read')).toMatchObject({
      ...{ calls: 2, hits: { memory: 1 } },
    })
    await cache.close()
  })
})
