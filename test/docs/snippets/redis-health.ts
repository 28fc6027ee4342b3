import type { Tidemark } from '@tidemark/core'

export async function tell(cache: Tidemark, log: { warn(text: string): void }) {
  // snippet: redis-health
  const { up, shared, warnings } = await cache.health()
  for (const warning of warnings) log.warn(warning)
  // end
  return { up, shared }
}
