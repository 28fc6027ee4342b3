import { randomBytes } from 'node:crypto'
import { Redis as Redis6 } from 'ioredis'
import { Redis as Redis5 } from 'ioredis-5'
import { inject } from 'vitest'

/** The newest and the oldest ioredis that `@tidemark/redis` works with. */
export const ioredisVersions = {
  'ioredis 6': Redis6,
  // Of what the tests use the older types differ in nothing that matters.
  'ioredis 5.3': Redis5 as unknown as typeof Redis6,
} as const

/** A client of the server that all test files share, and a namespace that nobody else has. */
export interface TestRedis {
  readonly client: Redis6
  /** Begin every key with it: the server is never emptied, since others use it. */
  readonly namespace: string
  [Symbol.asyncDispose](): Promise<void>
}

export function openRedis(Client: typeof Redis6 = Redis6): TestRedis {
  const client = new Client(inject('redisUrl'))
  return {
    client,
    namespace: `test-${randomBytes(9).toString('base64url')}`,
    async [Symbol.asyncDispose]() {
      await client.quit()
    },
  }
}
