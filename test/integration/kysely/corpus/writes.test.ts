import { isDeepStrictEqual } from 'node:util'
import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { beforeEach, expect, it } from 'vitest'
import { describeEachDatabase } from '../../../support/databases.ts'
import { clear, dump, fill } from './fixture.ts'
import { outcome } from './outcome.ts'
import type { Statement } from './statement.ts'
import { changeWrites } from './writes-change.ts'
import { insertWrites } from './writes-insert.ts'

const groups = { insert: insertWrites, change: changeWrites }

describeEachDatabase('the corpus of writes', (database) => {
  beforeEach(() => fill(database.kysely))

  // One test for many: filling the tables takes longer than changing them.
  it.each(Object.keys(groups) as (keyof typeof groups)[])(
    'each does what it does without a cache, and what was cached is new: %s',
    async (group) => {
      const unchanged: string[] = []
      for (const statement of groups[group]) {
        if (!(await checkWrite(statement))) unchanged.push(statement.name)
        await clear(database.kysely)
        await fill(database.kysely)
      }
      expect(unchanged.filter((name) => !/\bno(thing)?\b|only/.test(name))).toEqual([])
    },
    60_000,
  )

  /** Answers whether it changed something, or failed. */
  async function checkWrite({ name, run, on }: Statement): Promise<boolean> {
    const plain = database.kysely
    const before = await dump(plain)
    const expected = await outcome(run, plain)
    const failure = expected.error?.message ?? 'it works'
    expect
      .soft(expected.error === undefined, `${name}: ${failure}`)
      .toBe(on.includes(database.name))
    const after = await dump(plain)
    await clear(plain)
    await fill(plain)
    const cache = createTidemark()
    const db = withCache(plain, cache, { cacheByDefault: true })
    expect.soft(await dump(db), `${name}: before`).toStrictEqual(before)
    expect.soft(await outcome(run, db), name).toStrictEqual(expected)
    const sent = database.statements.mark()
    expect.soft(await dump(db), `${name}: after`).toStrictEqual(after)
    // Of raw SQL it may not be known what it writes; a builder says it. Most tables refer to viewers by keys that cascade, and to
    // delete beside a table counts on MySQL as deleting from it.
    if (!/raw SQL|delete (?:what others need|using|a join)/.test(name))
      expect.soft(sent().length, `${name}: too much is old`).toBeLessThan(4)
    await cache.close()
    return expected.error !== undefined || !isDeepStrictEqual(after, before)
  }
})
