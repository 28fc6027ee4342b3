// snippet: redis-url
import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'

// end
export function byUrl(url: string) {
  // snippet: redis-url
  const shared = redisTier(url) // such as rediss://tidemark:password@redis.example.com:6379
  const cache = createTidemark({ namespace: 'shop', shared })
  // end
  return cache
}
