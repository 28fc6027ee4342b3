// snippet: package-core
import { createTidemark } from '@tidemark/core'

// end
export function make() {
  // snippet: package-core
  const cache = createTidemark({ ttl: '5m', memory: { maxBytes: '64mb' } })
  // end
  return cache
}
