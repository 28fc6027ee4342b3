import { setImmediate } from 'node:timers/promises'
import { createTidemark, type ReadHint } from '@tidemark/core'
import { Gate, ManualClock, SeededRandom } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

/** When it is read, after it was stored: its ttl is 10 s, and 20 s and 70 s are the ends of its windows. */
const AGES = { fresh: 9_000, 'a little too old': 15_000, 'too old': 40_000, dead: 100_000 } as const
const WRITES = ['no write', 'a write before the read', 'a write during the load'] as const
const DATABASES = ['answers', 'fails', 'hangs'] as const

interface Case {
  readonly age: keyof typeof AGES
  readonly write: (typeof WRITES)[number]
  readonly database: (typeof DATABASES)[number]
}

/** Each part of the policy, there or not. */
const PARTS = {
  staleWhileRevalidate: '10s',
  staleIfError: '60s',
  softTimeout: '50ms',
  hardTimeout: '2s',
  refreshAhead: 0.8,
} as const satisfies ReadHint

type Part = keyof typeof PARTS

const names = Object.keys(PARTS) as Part[]
const ALL = Array.from({ length: 2 ** names.length }, (_, bits) =>
  names.filter((_name, at) => bits & (1 << at)),
)

/** What the read must end with, and what of it was still on its way when it did. */
function expected({ age, write, database }: Case, parts: readonly Part[]) {
  const has = (part: Part) => parts.includes(part)
  const isUnwritten = write !== 'a write before the read'
  const isServedAtOnce =
    isUnwritten && (age === 'fresh' || (age === 'a little too old' && has('staleWhileRevalidate')))
  const isRefreshed = isServedAtOnce && (age !== 'fresh' || has('refreshAhead'))
  if (isServedAtOnce) return { outcome: 'old', loads: isRefreshed ? 2 : 1 }
  const mayStandIn =
    write === 'no write' && has('staleIfError') && age !== 'dead' && age !== 'fresh'
  const ofDatabase = { answers: 'new', fails: 'connection refused', hangs: 'new' }
  if (database === 'answers') return { outcome: 'new', loads: 2 }
  if (mayStandIn && (database === 'fails' || has('softTimeout') || has('hardTimeout'))) {
    return { outcome: 'old', loads: 2 }
  }
  const isTimeout = database === 'hangs' && has('hardTimeout')
  return { outcome: isTimeout ? 'LOAD_TIMEOUT' : ofDatabase[database], loads: 2 }
}

const cases = Object.keys(AGES).flatMap((age) =>
  WRITES.flatMap((write) => DATABASES.map((database) => ({ age, write, database }) as Case)),
)

describe.each(cases)('what is $age, with $write, where the database $database', (given) => {
  it.each(ALL.map((parts) => ({ parts, name: parts.join(', ') || 'no policy' })))(
    'under $name',
    async ({ parts }) => {
      const clock = new ManualClock()
      const cache = createTidemark({ clock, random: new SeededRandom(1), ttlJitter: 0 })
      const harness = new Harness({ cache, clock })
      const hint: ReadHint = {
        ttl: '10s',
        ...Object.fromEntries(parts.map((part) => [part, PARTS[part]])),
      }
      let row = 'old'
      await harness.read(() => row, { hint })
      clock.advance(AGES[given.age])
      row = 'new'
      if (given.write === 'a write before the read') await harness.write(() => undefined)

      const hanging = new Gate()
      const load = () => {
        if (given.database === 'answers' && given.write !== 'a write during the load') return row
        return hanging.pass(() => {
          if (given.database === 'fails') throw new Error('connection refused')
          return row
        })
      }
      let outcome: string | undefined
      const reading = harness.read(load, { hint }).then(
        (value) => (outcome = value),
        (error: Error & { code?: string }) => (outcome = error.code ?? error.message),
      )
      await setImmediate()
      if (given.write === 'a write during the load') await harness.write(() => undefined)
      if (given.database === 'hangs') {
        clock.advance(50)
        await setImmediate()
        clock.advance(1_950)
        await setImmediate()
      }
      const { outcome: mustBe, loads } = expected(given, parts)
      const waits = given.database === 'hangs' && mustBe === 'new'
      if (waits) expect(outcome).toBeUndefined()
      hanging.open()
      await reading
      expect(outcome).toBe(mustBe)
      await setImmediate()
      expect(harness.loads).toBe(loads)

      // Whatever went on in the background: nothing that was written to is served, and what was loaded is.
      row = 'newest'
      const next = await harness.read(() => row, { hint })
      if (given.write === 'a write during the load') expect(next).toBe('newest')
      if (given.write === 'a write before the read') expect(next).not.toBe('old')
      const isStored = given.database !== 'fails' && given.write !== 'a write during the load'
      if (isStored && loads === 2) expect(next).toBe('new')
      await setImmediate()
      const shape = cache.metrics().queries.find(({ kind }) => kind === 'read')
      const { hits, misses, bypasses } = shape!
      const counts = [hits, misses, bypasses].flatMap((kinds) => Object.values(kinds))
      expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3)
      expect(shape!.calls).toBe(3)
    },
  )
})
