// snippet: package-redis
import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'

// end
export function share(url: string) {
  // snippet: package-redis
  const shared = redisTier(url) // such as redis://localhost:6379
  const cache = createTidemark({ namespace: 'shop', shared })
  // end
  return cache
}

type Secret = 'CACHE_NAMES' | 'CACHE_KEY' | 'OLD_CACHE_KEY'

export function encrypted(url: string, env: Partial<Record<Secret, string>>) {
  const process = { env }
  // snippet: package-redis-encrypted
  const shared = redisTier(url, {
    nameSecret: process.env.CACHE_NAMES!,
    encryption: {
      keys: [
        { id: '2026-11', key: process.env.CACHE_KEY! }, // openssl rand -base64 32
        { id: '2026-05', key: process.env.OLD_CACHE_KEY! }, // still decrypts
      ],
    },
  })
  // end
  return createTidemark({ namespace: 'shop', shared })
}
