import { hash } from 'node:crypto'
import type { ClientInternals } from './prisma-internals.ts'
import { withoutComments } from './schema-text.ts'

/**
 * A name for the shape of rows that a client reads: a hash of its schema. What says nothing of rows is left out, so that
 * applications that differ in their comments and generators share what they read.
 */
export function schemaVersionOf({
  models,
  schema,
}: Pick<ClientInternals, 'models' | 'schema'>): string {
  const described = withoutComments(schema)
    .replaceAll(/^[ \t]*(generator|datasource)\s+\w+\s*\{[^}]*\}/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
  return hash('sha256', JSON.stringify([described, models]), 'base64url').slice(0, LENGTH)
}

/** Of 6 bits each: no two schemas of one application have the same. */
const LENGTH = 12
