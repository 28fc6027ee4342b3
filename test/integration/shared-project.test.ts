import { createTidemark } from '@tidemark/core'
import { expect, inject, it } from 'vitest'

it('has a cache that is shared in Redis in the project for that, and in no other', async () => {
  await using cache = createTidemark()
  expect(cache.engine.shared?.name).toBe(inject('sharedTier') ? 'redis' : undefined)
})
