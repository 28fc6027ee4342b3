// What a hit costs that comes from Redis, beside the least that it could cost and beside other caches. One interleaved
// run, on a Redis of its own.
import { createTidemark, type QueryMetrics } from '@tidemark/core'
import { cached, withCache } from '@tidemark/kysely'
import { cacheExtension } from '@tidemark/prisma'
import { EntryCodec, msgpackCodec, redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'
import type { Database } from '../examples/demo/open-database.ts'
import { CountingProxy } from '../test/support/counting-proxy.ts'
import { RedisServer } from '../test/support/redis-server.ts'
import { each, measure, type MeasureOptions } from './measure.ts'
import { bentocache, json, prismaExtensionRedis, superjson } from './peers.ts'
import { Ratios } from './ratios.ts'

export async function benchRedis(
  { kysely, prisma }: Database,
  options: MeasureOptions,
): Promise<void> {
  await using ends = new AsyncDisposableStack()
  const server = ends.use(await RedisServer.start())
  const connect = (port = server.port): Redis => {
    const redis = new Redis({ ...server.options, port })
    ends.defer(() => redis.disconnect())
    return redis
  }
  const open = (redis: Redis, options = {}) =>
    ends.use(
      createTidemark({
        // A moment at which the machine does something else is no reason to leave Redis alone.
        ...{ ttl: '1h', lease: '1m', shared: redisTier(redis, { timeout: '10s' }) },
        ...options,
      }),
    )
  const onRedis = open(connect(), { memory: false })
  const inBoth = open(connect(), { namespace: 'both' })

  const hint = cached({ ttl: '1h' })
  const films = (from: typeof kysely) => from.selectFrom('films').selectAll().where('id', '<=', 100)
  const film = (from: typeof kysely) => from.selectFrom('films').selectAll().where('id', '=', 1)
  const db = withCache(kysely, onRedis)
  const client = prisma.$extends(cacheExtension(onRedis, { cacheByDefault: true }))
  const clientInBoth = prisma.$extends(cacheExtension(inBoth, { cacheByDefault: true }))

  // A round trip for what a hit brings, and what it makes of it, without anything of ours around it.
  const raw = connect()
  const codec = new EntryCodec({
    ...{ codec: msgpackCodec, valueTypes: onRedis.engine.valueTypes },
    ...{ maxBytes: 1_000_000, compressAbove: 1024 },
  })
  const marks = ['mark:1', 'mark:2']
  const tokens = marks.map((_, index) => `0123abcd${index}`.padEnd(30, '0'))
  await raw.mset(marks.flatMap((mark, index) => [mark, tokens[index]!]))
  const leastOf = async (query: ReturnType<typeof films>) => {
    const key = query.compile().sql
    const facts = { tokens, tags: marks, createdAt: 0, ttlMs: 1, keepMs: 1, loadMs: 1 }
    const sealed = codec.seal(key, key, facts, await query.execute())
    if (sealed.state === 'refused') throw new Error(sealed.reason)
    await raw.set(key, sealed.bytes)
    return each(async () => {
      const [bytes] = await raw.mgetBuffer(key, ...marks)
      const opened = codec.open(key, key, bytes!)
      return opened.state === 'opened' && opened.value()
    })
  }

  const take = { take: 100 }
  // Extended clients have types of their own; what is asked of them here they all understand.
  const findFilms = (from: unknown) => (from as typeof prisma).film.findMany(take)
  const findAirports = (from: unknown) => (from as typeof prisma).airport.findMany(take)
  const peer = connect()
  let peerMisses = 0
  const onMiss = () => {
    peerMisses += 1
  }
  const typedPeer = prismaExtensionRedis(prisma, peer, superjson, onMiss)
  const plainPeer = prismaExtensionRedis(prisma, peer, json, onMiss)
  const typedBento = bentocache(peer, superjson)
  const plainBento = bentocache(peer, json)
  await raw.set('films', superjson.stringify(await findFilms(prisma)))
  await raw.set('airports', json.stringify(await findAirports(prisma)))
  const get = (store: 'redis' | 'both') => ({
    films: () =>
      typedBento
        .use(store)
        .getOrSet({ key: `films-${store}`, factory: () => (onMiss(), findFilms(prisma)) }),
    airports: () =>
      plainBento
        .use(store)
        .getOrSet({ key: `airports-${store}`, factory: () => (onMiss(), findAirports(prisma)) }),
  })

  const us = await measure(
    {
      '1 film, Kysely': each(() => film(db).$call(hint).execute()),
      '1 film, MGET and decode': await leastOf(film(kysely)),
      '100 films, Kysely': each(() => films(db).$call(hint).execute()),
      '100 films, MGET and decode': await leastOf(films(kysely)),
      '100 films, Prisma': each(() => findFilms(client)),
      '100 films, prisma-extension-redis with superjson': each(() => findFilms(typedPeer)),
      '100 films, bentocache with superjson': each(get('redis').films),
      '100 films, GET and superjson': each(async () => superjson.parse((await raw.get('films'))!)),
      '100 airports, Prisma': each(() => findAirports(client)),
      '100 airports, prisma-extension-redis with JSON': each(() => findAirports(plainPeer)),
      '100 airports, bentocache with JSON': each(get('redis').airports),
      '100 airports, GET and JSON': each(async () => json.parse((await raw.get('airports'))!)),
      '100 films in memory, Prisma': each(() => findFilms(clientInBoth)),
      '100 films in memory, bentocache with superjson': each(get('both').films),
      '100 airports in memory, Prisma': each(() => findAirports(clientInBoth)),
      '100 airports in memory, bentocache with JSON': each(get('both').airports),
    },
    options,
  )
  // Where one of them asks the database, something else was measured than it says.
  const misses = [onRedis, inBoth].flatMap((cache) => cache.metrics().queries).map(notHits)
  for (const count of [...misses, peerMisses]) {
    if (count > 100) throw new Error(`expected hits but for the first reads, got ${count} others`)
  }
  const ratios = new Ratios(us)
    .add('100 films, Kysely', '100 films, MGET and decode', ['S4', '≤ 1.25'])
    .add('1 film, Kysely', '1 film, MGET and decode')
    .add('100 films, Prisma', '100 films, prisma-extension-redis with superjson', ['S5', '≤ 0.5'])
    .add('100 films, Prisma', '100 films, bentocache with superjson')
    .add('100 films, Prisma', '100 films, GET and superjson')
    .add('100 airports, Prisma', '100 airports, prisma-extension-redis with JSON', ['S5', '≤ 0.5'])
    .add('100 airports, Prisma', '100 airports, bentocache with JSON')
    .add('100 airports, Prisma', '100 airports, GET and JSON')
    .add('100 films in memory, Prisma', '100 films in memory, bentocache with superjson')
    .add('100 airports in memory, Prisma', '100 airports in memory, bentocache with JSON')
  console.log(`\nHits from Redis, and from memory with Redis behind it:\n${ratios.toString()}`)
  console.log(
    'Airports are text and numbers, which JSON.parse reads in a seventh of what a hit of prisma-extension-redis takes (by profile). ' +
      'The rest is the round trip, Prisma and garbage, of which no cache spares half.',
  )

  const proxy = ends.use(await CountingProxy.start(server.port))
  const counted = withCache(kysely, open(connect(proxy.port), { memory: false }))
  await films(counted).$call(hint).execute()
  const before = proxy.roundTrips
  for (let hit = 0; hit < 100; hit += 1) await films(counted).$call(hint).execute()
  console.log(`S4: ${(proxy.roundTrips - before) / 100} round trips for a hit (target: 1)`)
}

function notHits({ kind, calls, hits }: QueryMetrics): number {
  return kind === 'read' ? Object.values(hits).reduce((left, count) => left - count, calls) : 0
}
