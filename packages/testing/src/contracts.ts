export { markStoreContract } from './mark-store-contract.ts'
export type { MarkStoreFixture } from './mark-store-contract.ts'
export { tierContract } from './tier-contract.ts'
