import { createTidemark, type TidemarkOptions } from '@tidemark/core'
import { redisTier, type RedisTierOptions } from '@tidemark/redis'
import { Redis } from 'ioredis'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RedisServer } from '../../support/redis-server.ts'
import { Harness } from '../../unit/core/harness.ts'

/** What only a shared tier can suffer, on a Redis of its own that may be frozen, emptied and killed. */
describe('with the shared tier on Redis', () => {
  let server: RedisServer
  let ends: (() => unknown)[]
  let row: number

  beforeEach(async () => {
    server = await RedisServer.start()
    ends = []
    row = 0
  })

  afterEach(async () => {
    for (const end of ends.toReversed()) await end()
    await server.stop()
  })

  function join(options: TidemarkOptions = {}, redisOptions: RedisTierOptions = {}) {
    const client = new Redis({ ...server.options, retryStrategy: () => 50 })
    client.on('error', () => {})
    const shared = redisTier(client, {
      timeout: '500ms',
      breaker: { retry: '100ms' },
      heartbeat: '100ms',
      ...redisOptions,
    })
    const cache = createTidemark({ shared, lease: '2s', ttlJitter: 0, ...options })
    const harness = new Harness({ cache })
    ends.push(() => {
      client.disconnect()
      return cache.close()
    })
    return {
      client,
      cache,
      harness,
      read: () => harness.read(() => row),
      write: () => harness.write(() => (row += 1)),
      counts: () => harness.counts(),
    }
  }

  const eventually = (check: () => void | Promise<void>) =>
    vi.waitFor(check, { timeout: 15_000, interval: 20 })

  it('hazard 7: a writer that dies between its commit and its release leaves readers at the database', async () => {
    const [writer, reader] = [join(), join({ maxStaleness: 0 })]
    expect(await reader.read()).toBe(0)
    await writer.harness.engine.marks.intent(['table:film' as never], 'w' as never)
    row = 1
    // Its process is gone: nobody renews the lock any more.
    await writer.cache.close()
    expect(await reader.read()).toBe(1)
    expect(reader.counts().bypasses).toEqual({ 'marks-locked': 1 })
    await eventually(async () => {
      expect(await reader.read()).toBe(1)
      expect(reader.counts().hits['memory']).toBeGreaterThan(0)
    })
  })

  it('hazard 8: a write whose Redis dies before the release is not rejected, and nobody reads the old row', async () => {
    const [writer, reader] = [join(), join({ maxStaleness: 0 })]
    expect(await reader.read()).toBe(0)
    await writer.harness.write(async () => {
      row = 1
      await server.kill()
    })
    expect(writer.cache.metrics().markFailures).toBeGreaterThan(0)
    expect(await reader.read()).toBe(1)
    expect(await writer.read()).toBe(1)
    await server.restart()
    await eventually(async () => {
      expect(await reader.read()).toBe(1)
      expect(await writer.read()).toBe(1)
      expect(reader.counts().hits['memory']).toBeGreaterThan(0)
    })
  })

  it('hazard 9: an evicted mark is a miss', async () => {
    const reader = join({ maxStaleness: 0 })
    await reader.read()
    await reader.client.del('tidemark:m:table:film')
    row = 1
    expect(await reader.read()).toBe(1)
    expect(reader.counts().misses).toEqual({ absent: 1, 'marks-moved': 1 })
  })

  it('hazard 10: a mark that was evicted never comes back as it was', async () => {
    const reader = join()
    const seen = new Set<string | null>()
    for (let time = 0; time < 20; time += 1) {
      await reader.harness.read(() => row, { parameters: [time] })
      seen.add(await reader.client.get('tidemark:m:table:film'))
      await reader.client.del('tidemark:m:table:film')
    }
    expect(seen.size).toBe(20)
  })

  it('hazard 12: what is being filled while Redis is emptied is dead', async () => {
    const reader = join({ maxStaleness: 0 })
    await reader.harness.read(async () => {
      await reader.client.flushall()
      return row
    })
    row = 1
    expect(await reader.read()).toBe(1)
  })

  it('hazard 13: of two writers one that dies does not let go of what the other holds', async () => {
    const [dying, living, reader] = [join(), join(), join({ maxStaleness: 0 })]
    await reader.read()
    const tags = ['table:film' as never]
    await dying.harness.engine.marks.intent(tags, 'dying' as never)
    await dying.cache.close()
    await living.harness.write(async () => {
      row = 1
      expect(await reader.read()).toBe(1)
      expect(reader.counts().bypasses).toEqual({ 'marks-locked': 1 })
    })
    expect(await reader.read()).toBe(1)
  })

  it('hazard 14: processes whose clocks differ by hours serve nothing old, and what they keep ends in time', async () => {
    const HOUR = 3_600_000
    const realNow = Date.now.bind(Date)
    const wall = vi.spyOn(Date, 'now')
    ends.push(() => wall.mockRestore())
    const joinAt = (hours: number, options: TidemarkOptions = {}) => {
      const clock = { now: () => performance.now() + (hours + 100) * HOUR }
      const process = join({ clock, memory: false, ttl: '1h', ...options })
      const at = <T>(act: () => T): T => {
        wall.mockImplementation(() => realNow() + hours * HOUR)
        return act()
      }
      return {
        ...process,
        read: () => at(process.read),
        write: () => at(process.write),
        intent: (tag: string) =>
          at(() => process.harness.engine.marks.intent([tag as never], 'w' as never)),
      }
    }
    const [ahead, behind] = [joinAt(7), joinAt(-7)]
    for (const [writer, reader] of [
      [ahead, behind],
      [behind, ahead],
    ] as const) {
      await writer.write()
      expect(await writer.read()).toBe(row)
      await eventually(async () => {
        expect(await reader.read()).toBe(row)
        // It is kept for an hour, which has not gone by on either's clock.
        expect(reader.counts().hits['shared']).toBeGreaterThan(0)
      })
    }
    // A lock ends by the clock of Redis.
    await behind.intent('table:film')
    await behind.cache.close()
    row += 1
    expect(await ahead.read()).toBe(row)
    expect(ahead.counts().bypasses).toEqual({ 'marks-locked': 1 })
    await eventually(async () => {
      const before = ahead.counts().hits['shared']!
      expect(await ahead.read()).toBe(row)
      expect(ahead.counts().hits['shared']).toBeGreaterThan(before)
    })
    // And so does an entry.
    const [early, late] = [9, -9].map((hours) => joinAt(hours, { ttl: '300ms' }))
    await ahead.write()
    await early!.read()
    row += 1
    await eventually(async () => {
      expect(await late!.read()).toBe(row)
      expect(await early!.read()).toBe(row)
    })
  })

  it('hazard 16: a writer that is paused past its lease is counted', async () => {
    const writer = join({ lease: '2s' })
    await writer.harness.write(async () => {
      // As when the process stood still for longer than that.
      await writer.client.del('tidemark:m:table:film')
      row = 1
    })
    expect(writer.cache.metrics().lostLeases).toBe(1)
  })

  it('hazard 20: a lost message is caught up with after maxStaleness at most', async () => {
    const [writer, reader] = [join(), join({ maxStaleness: '300ms' })]
    await reader.read()
    // Nobody listens any more.
    await server.command('CLIENT', 'KILL', 'TYPE', 'pubsub')
    await writer.write()
    await eventually(async () => {
      expect(await reader.read()).toBe(1)
    })
  })

  it('hazard 21: a client that reads from replicas is refused', () => {
    const client = new Redis({ ...server.options, lazyConnect: true, readOnly: true })
    expect(() => redisTier(client)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringContaining('a client of the primary') as string,
      }),
    )
  })

  it('hazard 21: a server that turns out to be a replica is not believed', async () => {
    await using primary = await RedisServer.start({ password: server.password })
    const reader = join({ maxStaleness: 0 })
    await reader.read()
    await server.command('REPLICAOF', '127.0.0.1', primary.port)
    row = 1
    await eventually(async () => {
      const before = reader.counts().bypasses['tier-down'] ?? 0
      expect(await reader.read()).toBe(1)
      expect(reader.counts().bypasses['tier-down']).toBe(before + 1)
    })
  })

  it('hazard 37: an entry that somebody has forged or broken is a miss, and is counted', async () => {
    const reader = join({ memory: false })
    await reader.read()
    await eventually(async () => {
      expect(await reader.client.keys('*:v:*')).toHaveLength(1)
    })
    const [name] = await reader.client.keys('*:v:*')
    await reader.client.set(name!, '{"__proto__":{"polluted":true}}', 'KEEPTTL')
    row = 1
    expect(await reader.read()).toBe(1)
    expect(reader.counts().misses).toEqual({ absent: 1, 'corrupt-entry': 1 })
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('a Redis that is frozen delays no read twice', async () => {
    const reader = join({ maxStaleness: 0 })
    await reader.read()
    server.freeze()
    try {
      row = 1
      expect(await reader.read()).toBe(1)
      // From now on nothing is sent: a call that were would hang.
      const sent = vi.spyOn(reader.client, 'pipeline')
      for (let time = 0; time < 5; time += 1) expect(await reader.read()).toBe(1)
      expect(sent).not.toHaveBeenCalled()
    } finally {
      server.thaw()
    }
    await eventually(async () => {
      await reader.read()
      expect(reader.counts().hits['memory']).toBeGreaterThan(0)
    })
  })

  it("a 'strict' write fails before it is sent while Redis is down, and others go on", async () => {
    const writer = join({ consistency: 'strict' })
    await writer.read()
    await server.kill()
    await expect(writer.write()).rejects.toMatchObject({ code: 'MARKS_UNAVAILABLE' })
    expect(row).toBe(0)
    const available = writer.harness.write(() => (row = 7), { hint: { consistency: 'available' } })
    await expect(available).resolves.toBe(7)
  })

  it('loads its scripts again after a restart', async () => {
    const writer = join()
    await writer.write()
    await writer.client.script('FLUSH')
    await writer.write()
    expect(writer.cache.metrics().markFailures).toBe(0)
    await server.kill()
    await server.restart()
    await eventually(async () => {
      const before = writer.cache.metrics().markFailures
      await writer.write()
      expect(writer.cache.metrics().markFailures).toBe(before)
    })
  })

  it('hazard 38: lookups of one tick go in one pipeline', async () => {
    const reader = join({ memory: false })
    await Promise.all([1, 2, 3].map((n) => reader.harness.read(() => n, { parameters: [n] })))
    const sent = vi.spyOn(reader.client, 'pipeline')
    const found = await Promise.all(
      [1, 2, 3].map((n) => reader.harness.read(() => -1, { parameters: [n] })),
    )
    expect(found).toEqual([1, 2, 3])
    expect(sent).toHaveBeenCalledOnce()
  })
})
