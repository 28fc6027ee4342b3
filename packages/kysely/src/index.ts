export { withCache } from './with-cache.ts'
export { cached, uncached } from './hints.ts'
export type { Hintable } from './hints.ts'
export type { CacheOptions } from './options.ts'
