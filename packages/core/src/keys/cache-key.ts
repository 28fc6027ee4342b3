import { canonicalEncoding } from './canonical-encoding.ts'
import type { ValueType } from './value-type.ts'

declare const brand: unique symbol

/**
 * The whole identity of a cached result, never a hash of it. A tier that stores under something
 * shorter keeps this beside the value and compares it: two queries with one hash are then a miss.
 */
export type CacheKey = string & { readonly [brand]: 'CacheKey' }

/** What tells one cached result from every other. */
export interface KeyMaterial {
  /** Which adapter shaped the result: Kysely and Prisma answer one table differently. */
  readonly adapter: string
  /** Which database was asked, where one cache serves several. */
  readonly database: string
  /** Whose view of it was asked for: a tenant, a role. Empty for all alike. */
  readonly partition: string
  /** The SQL text, or the model and operation. */
  readonly operation: string
  /** The parameters, in any types that canonical-encoding.ts knows. */
  readonly parameters: unknown
  /**
   * Whether all records and lists in the parameters are copies that were just made of names and values alone. Then nobody looks
   * for anything that was added to them beside. Default: they are the caller's own.
   */
  readonly areCopies?: boolean
}

/**
 * @param dependencies see `Dependencies.id`; with the version of the schema, where one was given
 * @throws UnencodableValue for a parameter that has no canonical encoding; the engine then bypasses
 *   with the reason `unkeyable-parameter`
 */
export function cacheKey(
  material: KeyMaterial,
  dependencies = '',
  valueTypes?: readonly ValueType[],
): CacheKey {
  const { adapter, database, partition, operation, parameters, areCopies } = material
  // Each part carries its length, so that no content of one can look like the start of the next. Spelled
  // out, since a key is made for every hit, and a list of parts costs as much as the parameters.
  return (withLength(adapter) +
    withLength(database) +
    withLength(partition) +
    withLength(dependencies) +
    withLength(operation) +
    canonicalEncoding(parameters, valueTypes, areCopies)) as CacheKey
}

/** A part of a key together with a version of the schema. No part begins like this by itself. */
export function versioned(schemaVersion: string, part: string): string {
  return `v${withLength(schemaVersion)}${part}`
}

function withLength(part: string): string {
  return `${part.length}:${part}`
}
