import { MemoryTier } from '@tidemark/core'
import { tierContract } from '@tidemark/testing/contracts'

tierContract('the memory tier', () => new MemoryTier({ maxEntries: 100, maxBytes: 1_000_000 }))
