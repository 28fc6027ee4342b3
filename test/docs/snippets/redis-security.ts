import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'

export function withTls(host: string, port: number, password: string, ca: string) {
  // snippet: redis-tls
  const redis = new Redis({ host, port, username: 'tidemark', password, tls: { ca } })
  // end
  return redis
}

export function encrypted(redis: Redis, secrets: Readonly<Record<string, string>>) {
  // snippet: redis-encryption
  const shared = redisTier(redis, {
    // What is written is encrypted by the first key, and what any of them made is read.
    encryption: { keys: [{ id: '2026-11', key: secrets['CACHE_KEY']! }] },
    nameSecret: secrets['CACHE_NAMES']!,
  })
  // end
  return createTidemark({ namespace: 'shop', shared })
}
