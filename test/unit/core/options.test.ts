import { createTidemark, PLAIN_POLICY } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { makeCache } from './harness.ts'

it('every option of createTidemark is taken in each of its forms', () => {
  expect(() =>
    createTidemark({
      ttl: '1.5h',
      ttlJitter: 0,
      lease: 500,
      maxShapes: 10,
      memory: { maxEntries: 10, maxBytes: '1gb', maxEntryBytes: 1024 },
    }),
  ).not.toThrow()
  expect(() => createTidemark({ ttl: Infinity })).not.toThrow()
  const times = { ttl: '1m', staleWhileRevalidate: '10s', staleIfError: '1h', negativeTtl: '1m' }
  const waits = { softTimeout: '50ms', hardTimeout: '2s', isolation: 'frozen', coalesce: 'shared' }
  expect(() => createTidemark({ ...times, ...waits, refreshAhead: 0.8 } as never)).not.toThrow()
  const none = { staleWhileRevalidate: 0, staleIfError: 0, refreshAhead: false } as const
  expect(() => createTidemark({ ...none, earlyRefresh: false, ttl: Infinity })).not.toThrow()
  expect(() => createTidemark()).not.toThrow()
})

describe('policies', () => {
  const { cache } = makeCache({ ttl: '5m' })
  const { engine } = cache

  it('cache a read only where each of its tables has one, for the shortest time', () => {
    const policies = engine.policies({ tables: { Film: { ttl: '1h' }, genre: {}, log: false } })
    const cached = (ttlMs: number) => ({ cached: true, policy: { ...PLAIN_POLICY, ttlMs } })
    expect(policies.ofTables(['film'])).toEqual(cached(3_600_000))
    expect(policies.ofTables(['film', 'GENRE'])).toEqual(cached(300_000))
    expect(policies.ofTables(['film', 'other'])).toEqual({ cached: false, reason: 'no-policy' })
    expect(policies.ofTables(['film', 'log'])).toEqual({ cached: false, reason: 'policy-off' })
    expect(policies.ofTables([])).toEqual({ cached: false, reason: 'no-policy' })
  })

  it('know a table by its name with the default schema, and not by that with another', () => {
    const policies = engine.policies(
      { tables: { 'public.film': {}, 'audit.film': false } },
      'public',
    )
    expect(policies.ofTables(['film'])).toMatchObject({ cached: true })
    expect(policies.ofTables(['audit.film'])).toEqual({ cached: false, reason: 'policy-off' })
  })

  it('cache every read by default where asked to, except of tables that are switched off', () => {
    const policies = engine.policies({
      cacheByDefault: true,
      tables: { film: { ttl: 10 }, log: false },
    })
    expect(policies.ofTables(['other'])).toEqual({
      cached: true,
      policy: PLAIN_POLICY,
    })
    expect(policies.ofTables(['film', 'other'])).toEqual({
      cached: true,
      policy: { ...PLAIN_POLICY, ttlMs: 10 },
    })
    expect(policies.ofTables(['log', 'film'])).toEqual({ cached: false, reason: 'policy-off' })
    expect(policies.ofTables([])).toEqual({
      cached: true,
      policy: PLAIN_POLICY,
    })
  })
})
