// snippet: redis-server
import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Redis } from 'ioredis'

// end
export function onServer(url: string) {
  // snippet: redis-server
  const redis = new Redis(url) // such as rediss://tidemark:password@redis.example.com:6379
  const cache = createTidemark({ namespace: 'shop', shared: redisTier(redis) })
  // end
  return { redis, cache }
}

export function withSentinels(password: string) {
  // snippet: redis-sentinels
  const redis = new Redis({
    sentinels: [
      { host: 'sentinel-1', port: 26379 },
      { host: 'sentinel-2', port: 26379 },
      { host: 'sentinel-3', port: 26379 },
    ],
    name: 'primary', // as the Sentinels call it
    username: 'tidemark',
    password,
  })
  // end
  return redis
}
