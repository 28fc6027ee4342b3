// The caches that are measured beside Tidemark, set up as their own pages say, each with the same rows.
import { BentoCache, bentostore } from 'bentocache'
import { memoryDriver } from 'bentocache/drivers/memory'
import { redisDriver } from 'bentocache/drivers/redis'
import type { Redis } from 'ioredis'
import { PrismaExtensionRedis } from 'prisma-extension-redis'
import { SuperJSON } from 'superjson'
import { Prisma, type PrismaClient } from '../prisma/generated/client.ts'

/** How a peer turns values into text: all of them leave it to the application, and take JSON where it does not say. */
export interface TextFormat {
  readonly stringify: (value: unknown) => string
  readonly parse: (text: string) => unknown
}

/** The default of all peers. A Date comes back as text, and a bigint is an error. */
export const json: TextFormat = {
  stringify: (value) => JSON.stringify(value),
  parse: (text) => JSON.parse(text) as unknown,
}

const types = new SuperJSON()
types.registerCustom<Prisma.Decimal, string>(
  {
    isApplicable: (value): value is Prisma.Decimal => Prisma.Decimal.isDecimal(value),
    serialize: (value) => value.toJSON(),
    deserialize: (text) => new Prisma.Decimal(text),
  },
  'Decimal',
)

/** Gives every value back as what it was. */
export const superjson: TextFormat = {
  stringify: (value) => types.stringify(value),
  parse: (text) => types.parse(text),
}

/** A Prisma Client, all reads of which prisma-extension-redis caches. */
export function prismaExtensionRedis(
  prisma: PrismaClient,
  redis: Redis,
  format: TextFormat,
  onMiss: () => void,
) {
  return prisma.$extends(
    PrismaExtensionRedis({
      client: redis,
      config: {
        ttl: 3600,
        stale: 0,
        // What every Redis has, and the faster one.
        type: 'STRING',
        auto: true,
        onMiss,
        transformer: {
          serialize: format.stringify,
          deserialize: (text) => format.parse(text as string),
        },
      },
    }),
  )
}

/** bentocache in memory, as it comes: it keeps a result as JSON. */
export function bentocacheInMemory() {
  return new BentoCache({
    default: 'memory',
    ttl: '1h',
    stores: { memory: bentostore().useL1Layer(memoryDriver({ maxItems: 1000 })) },
  })
}

/** bentocache on Redis alone, and with memory in front of it. */
export function bentocache(connection: Redis, { stringify, parse }: TextFormat) {
  const ttl = '1h'
  const onRedis = () => bentostore().useL2Layer(redisDriver({ connection, prefix: 'bento' }))
  return new BentoCache({
    default: 'redis',
    ttl,
    serializer: { serialize: stringify, deserialize: parse },
    stores: {
      redis: onRedis(),
      both: onRedis().useL1Layer(memoryDriver({ maxItems: 1000 })),
    },
  })
}
