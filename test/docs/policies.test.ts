import { readFile } from 'node:fs/promises'
import { createTidemark, PLAIN_POLICY } from '@tidemark/core'
import { Gate } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { describeEachDatabase } from '../support/databases.ts'
import { CACHING_OPTIONS, HINT_OPTIONS } from '../unit/caching-refusals.ts'
import { Harness } from '../unit/core/harness.ts'
import { makeCache, orLater, pageByKysely, topByPrisma } from './snippets/policies.ts'
import { runnableSnippet, shownSnippets } from './snippets.ts'

describe('docs/policies.md', () => {
  it('shows code as it was run', async () => {
    const shown = await shownSnippets('docs/policies.md')
    expect(shown).toHaveLength(4)
    for (const { name, code } of shown) expect(code).toBe(await runnableSnippet(name, 'policies'))
  })

  it('has a line for each option, and tells its default', async () => {
    const page = await readFile(new URL('../../docs/policies.md', import.meta.url), 'utf8')
    const rows = [...page.matchAll(/^\| `([\w.]+)` +\| ([^|]+?) +\|/gm)]
    const defaults = new Map(rows.map(([, name, value]) => [name!, value!]))
    for (const name of HINT_OPTIONS.split(', ')) expect([...defaults.keys()]).toContain(name)
    const { ttlMs, negativeTtlMs, refreshAhead, earlyRefresh, isolation, coalesce } = PLAIN_POLICY
    expect({ ttlMs, negativeTtlMs, refreshAhead, earlyRefresh }).toEqual({
      ...{ ttlMs: 300_000, negativeTtlMs: Infinity, refreshAhead: 1, earlyRefresh: 0 },
    })
    expect(defaults.get('ttl')).toBe(`\`'5m'\``)
    expect(defaults.get('isolation')).toBe(`\`'${isolation}'\``)
    expect(defaults.get('coalesce')).toBe(`\`'${coalesce}'\``)
    expect(CACHING_OPTIONS.split(', ')).toHaveLength(Object.keys(PLAIN_POLICY).length)
  })
})

describeEachDatabase('the code about policies', (database) => {
  it('runs', async () => {
    const cache = makeCache()
    const client = new database.PrismaClient({ adapter: database.prismaAdapter() })
    await database.sql(`insert into films (title) values ('Alien')`)
    for (let time = 0; time < 2; time += 1) {
      expect(await pageByKysely(database.kysely, cache)).toEqual([{ id: 1, title: 'Alien' }])
    }
    expect(await topByPrisma(client, cache)).toMatchObject([{ title: 'Alien' }])
    expect(cache.metrics().queries.some(({ hits }) => hits.memory === 1)).toBe(true)
    await cache.close()
    await client.$disconnect()
  })
})

it('the code about errors runs', async () => {
  const harness = new Harness({ cache: createTidemark() })
  const gate = new Gate()
  const late = () => harness.read(() => gate.pass(() => 'row'), { hint: { hardTimeout: 1 } })
  expect(await orLater(late)).toBe('try again later')
  gate.open()
  await expect(orLater(() => Promise.reject(new Error('other')))).rejects.toThrow('other')
})
