import type { Tidemark } from '@tidemark/core'
import type { TestDatabase } from '../../support/databases.ts'

/** Two films, which tests read and change. */
export async function fillFilms(database: TestDatabase): Promise<void> {
  await database.sql(`insert into films (id, title) values (1, 'Alien'), (2, 'Heat')`)
}

/** How the reads of this cache were answered so far, over all query shapes. */
export function answersOf(cache: Tidemark): Record<string, number> {
  const answers: Record<string, number> = {}
  for (const { kind, hits, misses, bypasses } of cache.metrics().queries) {
    if (kind === 'write') continue
    for (const [name, count] of Object.entries({ ...hits, ...misses, ...bypasses })) {
      answers[name] = (answers[name] ?? 0) + count
    }
  }
  return answers
}
