import { isDeepStrictEqual } from 'node:util'
import { createTidemark, type Tidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeEachDatabase } from '../../../support/databases.ts'
import { answersOf } from '../films.ts'
import { change, fill, tableNames } from './fixture.ts'
import { joinReads } from './reads-join.ts'
import { outcome } from './outcome.ts'
import { pluginReads } from './reads-plugins.ts'
import { rawReads } from './reads-raw.ts'
import { selectReads } from './reads-select.ts'
import { whereReads } from './reads-where.ts'
import type { Db, Statement } from './statement.ts'

const groups = {
  select: selectReads,
  where: whereReads,
  join: joinReads,
  raw: rawReads,
  plugins: pluginReads,
}
const reads = Object.values(groups).flat()

describeEachDatabase('the corpus of reads', (database) => {
  let cache: Tidemark
  let db: Db

  beforeEach(async () => {
    cache = createTidemark()
    db = withCache(database.kysely, cache, { cacheByDefault: true })
    await fill(database.kysely)
  })
  afterEach(() => cache.close())

  const isHere = ({ on }: Statement) => on.includes(database.name)

  // One test for many: filling the tables takes longer than reading them.
  it.each(Object.keys(groups) as (keyof typeof groups)[])(
    'each is answered as without a cache, a miss and a hit: %s',
    async (group) => {
      for (const statement of groups[group]) await checkMissAndHit(statement)
    },
  )

  async function checkMissAndHit(statement: Statement): Promise<void> {
    const { name, run, bypass } = statement
    const cache = createTidemark()
    const db = withCache(database.kysely, cache, { cacheByDefault: true })
    const expected = await outcome(run, database.kysely)
    const failure = expected.error?.message ?? 'it works'
    expect.soft(expected.error === undefined, `${name}: ${failure}`).toBe(isHere(statement))
    expect.soft(await outcome(run, db), `${name}, a miss`).toStrictEqual(expected)
    expect.soft(await outcome(run, db), `${name}, a hit`).toStrictEqual(expected)
    const answers = answersOf(cache)
    const isUnderstood = bypass === 'opaque-sql' && answers.memory === 1
    const allowed = bypass && !isUnderstood ? { [bypass]: 2 } : { absent: 1, memory: 1 }
    if (isHere(statement)) expect.soft(answers, name).toEqual(allowed)
    await cache.close()
  }

  it('each is answered as without a cache after a write to any table, and some table matters to it', async () => {
    const here = reads.filter(isHere)
    const unmoved = new Set(here.filter(({ bypass }) => bypass === undefined))
    let before = await outcomes(here, database.kysely)
    // This fills the cache, and then each comparison does.
    expect(await outcomes(here, db)).toStrictEqual(before)
    for (const table of tableNames) {
      await change(db, table)
      const expected = await outcomes(here, database.kysely)
      expect(await outcomes(here, db), `after a write to ${table}`).toStrictEqual(expected)
      for (const statement of here) {
        const { name } = statement
        if (!isDeepStrictEqual(before[name], expected[name])) unmoved.delete(statement)
      }
      before = expected
    }
    expect([...unmoved].map(({ name }) => name)).toEqual([])
  }, 60_000)

  it('a write to a table that a read does not name leaves it cached', async () => {
    const film = () => db.selectFrom('films').selectAll().execute()
    await film()
    for (const table of tableNames) if (table !== 'films') await change(db, table)
    const sent = database.statements.mark()
    await film()
    expect(sent()).toEqual([])
    await change(db, 'films')
    await film()
    expect(answersOf(cache)).toMatchObject({ memory: 1, 'marks-moved': 1 })
  })
})

async function outcomes(
  statements: readonly Statement[],
  db: Db,
): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const { name, run } of statements) all[name] = await outcome(run, db)
  return all
}
