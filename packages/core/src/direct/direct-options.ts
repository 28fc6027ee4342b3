import { checkKeys, checkName } from '../options/check-options.ts'
import { CACHING_OPTION_NAMES } from '../policies/policy-options.ts'
import { checkPartition, type Partition, partitionReader } from '../keys/partition.ts'
import { type CachedHint, type ReadHint, resolveHint } from '../policies/policy.ts'

/** How something is cached that is no query of an adapter. */
export interface DirectOptions extends Omit<ReadHint, 'key' | 'writeThrough'> {
  /**
   * What it is called in the metrics, without any parameter. Default: what its key begins with, up to the first colon, as
   * `user:?` for `user:5`.
   */
  readonly name?: string
  /** Whose view it is, where the key does not say. Default: everybody's. */
  readonly partition?: Partition
}

const GET_NAMES = [
  'ttl',
  'negativeTtl',
  'isolation',
  'tags',
  'tables',
  'consistency',
  'freshAfter',
  'name',
  'partition',
] as const

/** What `cache.get` takes: all that is not about loading. */
export type GetOptions = Pick<DirectOptions, (typeof GET_NAMES)[number]>

export interface ResolvedDirectOptions {
  /** Without the key, which each call has its own of. */
  readonly hint: CachedHint
  readonly name: string | undefined
  readonly partition: () => string | undefined
}

const NAMES: readonly (keyof DirectOptions)[] = [
  // No write of a row leaves behind what has a key of its own.
  ...CACHING_OPTION_NAMES.filter((name) => name !== 'writeThrough'),
  ...(['tags', 'tables', 'consistency', 'mode', 'freshAfter', 'name', 'partition'] as const),
]

/** @throws TidemarkError `INVALID_OPTION` that names the option at fault */
export function resolveDirectOptions(
  method: string,
  options: DirectOptions,
): ResolvedDirectOptions {
  checkKeys(method, options, NAMES, EXPECTED)
  const { name, partition, ...hint } = options
  if (name !== undefined) checkName(`${method}.name`, name)
  if (partition !== undefined) checkPartition(partition)
  return { hint: resolveHint(hint, method), name, partition: partitionReader(partition) }
}

const EXPECTED = "an object such as { ttl: '1m', tags: ['users'] }"

/**
 * For what is not loaded by the cache: it has no load to begin early, and no error to hide.
 *
 * @throws TidemarkError `INVALID_OPTION` that names the option at fault
 */
export function resolveGetOptions(options: GetOptions): ResolvedDirectOptions {
  checkKeys('get', options, GET_NAMES, EXPECTED)
  return resolveDirectOptions('get', {
    ...options,
    ...{ staleWhileRevalidate: 0, staleIfError: 0, refreshAhead: false, coalesce: 'process' },
    mode: 'only-if-cached',
  })
}
