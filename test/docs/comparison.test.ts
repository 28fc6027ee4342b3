import { readFileSync } from 'node:fs'
import { createTidemark } from '@tidemark/core'
import { cacheExtension } from '@tidemark/prisma'
import { Gate } from '@tidemark/testing'
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { Redis } from 'ioredis'
import { PrismaExtensionRedis } from 'prisma-extension-redis'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { superjson } from '../../bench/peers.ts'
import type { PrismaClient } from '../../prisma/generated/client.ts'
import { describeDatabase } from '../support/databases.ts'
import { RedisServer } from '../support/redis-server.ts'

// What docs/comparison.md says of packages that are installed here, so that it does not outlive their versions.

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const page = text('docs/comparison.md')
const { devDependencies } = JSON.parse(text('package.json')) as {
  devDependencies: Readonly<Record<string, string>>
}

it.each(['prisma-extension-redis', 'bentocache'])(
  'the page is about the %s that is here',
  (name) => {
    const [, version] = new RegExp(String.raw`\| \[${name}\]\[\w+\] +\| (\S+)`).exec(page)!
    expect(version).toBe(devDependencies[name])
  },
)

describeDatabase('pglite', 'the page that compares', (database) => {
  let server: RedisServer
  let redis: Redis
  let base: PrismaClient

  beforeAll(async () => {
    server = await RedisServer.start()
    redis = new Redis(server.options)
  })
  afterAll(async () => {
    redis.disconnect()
    await server.stop()
  })
  beforeEach(async () => {
    await redis.flushall()
    base = new database.PrismaClient({ adapter: database.prismaAdapter() })
    await base.director.create({ data: { name: 'Scott', films: { create: { title: 'old' } } } })
    return () => base.$disconnect()
  })

  const transformer = {
    serialize: superjson.stringify,
    deserialize: (stored: unknown) => superjson.parse(stored as string),
  }
  const times = { ttl: 3600, stale: 0 }
  const clients: Readonly<Record<string, () => PrismaClient>> = {
    Tidemark: () =>
      base.$extends(cacheExtension(createTidemark(), { cacheByDefault: true })) as never,
    'prisma-extension-redis': () =>
      base.$extends(
        PrismaExtensionRedis({
          client: redis,
          config: {
            ...{ ...times, type: 'STRING', transformer },
            auto: { ...times, invalidateOnWrite: true },
          },
        }),
      ) as never,
  }

  it.each([
    ['Tidemark', 'new'],
    ['prisma-extension-redis', 'new'],
  ] as const)('%s after a write: %s', async (name, expected) => {
    const prisma = clients[name]!()
    const read = async () => (await prisma.film.findUnique({ where: { id: 1 } }))?.title
    await read()
    await prisma.film.update({ where: { id: 1 }, data: { title: 'new' } })
    expect(await read()).toBe(expected)
  })

  it.each([
    ['Tidemark', 'new'],
    ['prisma-extension-redis', 'old'],
  ] as const)('%s after a nested write: %s', async (name, expected) => {
    const prisma = clients[name]!()
    const read = async () => (await prisma.film.findUnique({ where: { id: 1 } }))?.title
    await read()
    const films = { update: { where: { id: 1 }, data: { title: 'new' } } }
    await prisma.director.update({ where: { id: 1 }, data: { films } })
    expect(await read()).toBe(expected)
  })

  it.each([
    ['Tidemark', 'old'],
    ['prisma-extension-redis', 'rolled back'],
  ] as const)('%s after a transaction that was rolled back: %s', async (name, expected) => {
    const prisma = clients[name]!()
    const rolledBack = prisma.$transaction(async (tx) => {
      await tx.film.update({ where: { id: 1 }, data: { title: 'rolled back' } })
      await tx.film.findUnique({ where: { id: 1 } })
      throw new Error('no')
    })
    await expect(rolledBack).rejects.toThrow('no')
    expect((await prisma.film.findUnique({ where: { id: 1 } }))?.title).toBe(expected)
  })

  it.each([
    ['Tidemark', 'new'],
    ['prisma-extension-redis', 'old'],
  ] as const)('%s after a write in the midst of a read: %s', async (name, expected) => {
    const gate = new Gate()
    let isSlow = true
    // Below the cache: what it is given comes late.
    const prisma = clients[name]!().$extends({
      query: {
        film: {
          async findUnique({ args, query }) {
            const film = await query(args)
            return isSlow ? gate.pass(() => film) : film
          },
        },
      },
    })
    const read = async () => (await prisma.film.findUnique({ where: { id: 1 } }))?.title
    const slow = read()
    await gate.reached
    await prisma.film.update({ where: { id: 1 }, data: { title: 'new' } })
    isSlow = false
    gate.open()
    expect(await slow).toBe('old')
    expect(await read()).toBe(expected)
  })
})

describe('an invalidation in the midst of a load', () => {
  it.each(['Tidemark', 'bentocache'] as const)('%s', async (name) => {
    const cache = createTidemark()
    const store = bentostore().useL1Layer(memoryDriver({}))
    const bento = new BentoCache({ default: 'memory', stores: { memory: store } })
    const gate = new Gate()
    let value = 'old'
    const load = async () => {
      const loaded = value
      return loaded === 'old' ? gate.pass(() => loaded) : loaded
    }
    const tags = ['films']
    const [read, invalidate] =
      name === 'Tidemark'
        ? [() => cache.getOrLoad('film', load, { tags }), () => cache.invalidate({ tags })]
        : [
            () => bento.getOrSet({ key: 'film', factory: load, tags }),
            () => bento.deleteByTag({ tags }),
          ]
    const slow = read()
    await gate.reached
    value = 'new'
    await invalidate()
    const invalidatedAt = Date.now()
    // bentocache compares times in milliseconds.
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(invalidatedAt))
    gate.open()
    expect(await slow).toBe('old')
    expect(await read()).toBe(name === 'Tidemark' ? 'new' : 'old')
    await cache.close()
  })
})
