import { describe } from 'vitest'
import { claimsContract } from './shared-tier/claims.ts'
import { entriesContract } from './shared-tier/entries.ts'
import { listingContract } from './shared-tier/listing.ts'
import { locksContract } from './shared-tier/locks.ts'
import { openProcesses, type SharedTierFixture } from './shared-tier/processes.ts'
import { tokensContract } from './shared-tier/tokens.ts'

export type { SharedTierFixture } from './shared-tier/processes.ts'

/**
 * What every shared tier must do, as a suite of vitest tests.
 *
 * @param name the tier's name, in the titles of the tests
 * @param makePlace gives an empty place for each test
 */
export function sharedTierContract(
  name: string,
  makePlace: () => SharedTierFixture | Promise<SharedTierFixture>,
): void {
  describe(`${name} keeps the contract of a shared tier`, () => {
    const processes = openProcesses(makePlace)
    tokensContract(processes)
    entriesContract(processes)
    locksContract(processes)
    claimsContract(processes)
    listingContract(processes)
  })
}
