import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { Tidemark } from '@tidemark/core'
import type { Cluster, Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { RedisCluster } from '../support/redis-cluster.ts'
import { RedisServer } from '../support/redis-server.ts'
import { hasOpenssl, TlsProxy } from '../support/tls-proxy.ts'
import { Harness } from '../unit/core/harness.ts'
import { onCluster } from './snippets/redis-cluster.ts'
import { topFilms } from './snippets/redis-coalesce.ts'
import { tell } from './snippets/redis-health.ts'
import { encrypted, withTls } from './snippets/redis-security.ts'
import { onServer, withSentinels } from './snippets/redis.ts'
import { runnableSnippet, shownSnippets } from './snippets.ts'

const page = await readFile(new URL('../../docs/redis.md', import.meta.url), 'utf8')
const advised = 'Expected a user with the commands, keys and channels that docs/redis.md lists'
/** The line that the page shows, for the namespace of its examples. */
const acl = /```redis\n(.+)\n```/.exec(page)![1]!.replaceAll('tidemark:', 'shop:').split(' ')
const commands = acl.filter((word) => word.startsWith('+'))
const onClusters = /`((?:\+cluster\|\w+ ?)+)` on a Cluster/.exec(page)![1]!.split(' ')

/** What is needed beside them to see what is there, and to invalidate by prefix or pattern. */
const toListOnClusters = /Add `\+scan`.*and `(\+cluster\|\w+)`/
  .exec(page.replaceAll('\n', ' '))!
  .slice(1)
  .concat('+scan')

async function listAll(cache: Tidemark): Promise<void> {
  await cache.tags()
  await cache.keysByTag('vip')
  await cache.invalidate({ prefix: 'vip' })
}

/** Of snippets that share one. */
const FILES: Readonly<Record<string, string>> = {
  'redis-server': 'redis',
  'redis-sentinels': 'redis',
  'redis-tls': 'redis-security',
  'redis-encryption': 'redis-security',
}

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

function opened<T extends Redis | Cluster>({ redis, cache }: { redis: T; cache: Tidemark }) {
  redis.on('error', () => {})
  ends.push(async () => {
    await cache.close()
    redis.disconnect()
  })
  return { redis, cache, harness: new Harness({ cache }) }
}

/** Reads, hits of another process, a write, and whatever else is called. */
async function useAll(join: () => ReturnType<typeof opened>): Promise<void> {
  const [one, other] = [join(), join()]
  let row = 0
  const read = ({ harness }: typeof one) =>
    harness.read(() => row, { hint: { coalesce: 'shared' } })
  await vi.waitFor(
    async () => {
      const health = await tell(other.cache, { warn: () => {} })
      expect(health).toMatchObject({ up: true, shared: { bus: 'up', breaker: 'closed' } })
    },
    { timeout: 5000, interval: 20 },
  )
  await vi.waitFor(async () => {
    await read(one)
    expect(await read(other)).toBe(0)
    expect(other.harness.counts().hits['shared']).toBeGreaterThan(0)
  })
  await one.harness.write(() => (row = 1))
  await vi.waitFor(async () => expect(await read(other)).toBe(1))
  expect(one.cache.metrics()).toMatchObject({ markFailures: 0, lostLeases: 0 })
  await one.cache.clear()
}

describe('docs/redis.md', () => {
  it('shows code that compiles, and that runs where there is a server for it', async () => {
    const shown = await shownSnippets('docs/redis.md')
    expect(shown.map(({ name }) => name)).toEqual([
      'redis-url',
      'redis-server',
      'redis-sentinels',
      'redis-cluster',
      'redis-tls',
      'redis-encryption',
      'redis-coalesce',
      'redis-health',
    ])
    for (const { name, code } of shown) {
      const file = FILES[name] ?? name
      expect(code).toBe(await runnableSnippet(name, file))
    }
    // Compiled, and run nowhere here.
    expect([withSentinels, topFilms].map((run) => typeof run)).toEqual(['function', 'function'])
  })

  describe('the permissions that it lists', () => {
    let server: RedisServer
    const join = () => opened(onServer(`redis://tidemark:password@127.0.0.1:${server.port}`))

    beforeAll(async () => {
      server = await RedisServer.start()
    })
    afterAll(() => server.stop())

    it('are enough', async () => {
      await server.command('SCRIPT', 'FLUSH')
      await server.command(acl[0]!, ...acl.slice(1))
      await expect(useAll(join)).resolves.toBeUndefined()
    })

    it.each(commands)('are all needed: %s', async (command) => {
      await server.command('SCRIPT', 'FLUSH')
      await server.command(acl[0]!, ...acl.slice(1).filter((word) => word !== command))
      if (command === '+subscribe') await expect(useAll(join)).rejects.toThrow('up: true, shared')
      else expect((await join().cache.health()).warnings.join()).toContain(advised)
    })

    it('are enough to list what is there with one more, without which the error names it', async () => {
      await server.command(acl[0]!, ...acl.slice(1))
      const { cache, harness } = join()
      for (const call of [() => cache.tags(), () => cache.invalidate({ prefix: 'vip' })]) {
        await expect(call()).rejects.toThrow(/NOPERM.*'scan'/)
      }
      // A refusal is no failure of the server: the breaker stays closed.
      for (let again = 0; again < 10; again += 1) await cache.tags().catch(() => undefined)
      await harness.read(() => 1)
      expect(harness.counts().bypasses).toEqual({})
      await server.command(acl[0]!, ...acl.slice(1), '+scan')
      await expect(listAll(cache)).resolves.toBeUndefined()
    })

    it.each(['~shop:*', '&shop:bus*'])('are of no use without %s', async (pattern) => {
      const others = acl.slice(1).filter((word) => word !== pattern)
      await server.command(acl[0]!, ...others)
      expect((await join().cache.health()).warnings.join()).toContain(advised)
    })
  })

  it.skipIf(!hasOpenssl)('works by TLS, and encrypted (where there is openssl)', async () => {
    await using server = await RedisServer.start()
    await server.command(acl[0]!, ...acl.slice(1))
    await using proxy = await TlsProxy.start(server.port)
    const secrets = {
      CACHE_KEY: randomBytes(32).toString('base64'),
      CACHE_NAMES: randomBytes(32).toString('base64'),
    }
    const join = () => {
      const redis = withTls('127.0.0.1', proxy.port, 'password', proxy.ca)
      return opened({ redis, cache: encrypted(redis, secrets) })
    }
    await expect(useAll(join)).resolves.toBeUndefined()
    // Each of the two caches has one connection, and one to listen.
    expect(proxy.connections).toBe(4)
    const stranger = withTls('127.0.0.1', proxy.port, 'password', '')
    ends.push(() => stranger.disconnect())
    const [error] = (await once(stranger, 'error')) as [NodeJS.ErrnoException]
    expect(error.code).toBe('DEPTH_ZERO_SELF_SIGNED_CERT')
  })

  it('lists what is needed on a Cluster', { timeout: 60_000 }, async () => {
    const servers = await RedisCluster.start()
    ends.push(() => servers.stop())
    const permit = async (more: readonly string[]) => {
      for (const node of servers.nodes)
        await node.command(acl[0]!, ...acl.slice(1), ...onClusters, ...more)
    }
    const join = () => opened(onCluster(servers.startupNodes, 'password'))
    await permit([])
    await expect(useAll(join)).resolves.toBeUndefined()
    await permit(toListOnClusters)
    await expect(listAll(join().cache)).resolves.toBeUndefined()
    for (const command of toListOnClusters) {
      await permit(toListOnClusters.filter((each) => each !== command))
      await expect(listAll(join().cache)).rejects.toThrow(command.slice(1))
    }
  })
})
