export { cached } from './cached.ts'
export { cacheExtension, withCache } from './cache-extension.ts'
export type { CacheExtensionOptions } from './extension-options.ts'
export type {
  CacheArgument,
  CachedClient,
  CachedReads,
  CachedTransactionClient,
  CacheExtension,
} from './cached-client.ts'
