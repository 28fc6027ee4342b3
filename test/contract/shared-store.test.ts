import { systemClock, systemRandom } from '@tidemark/core'
import { SharedStore } from '@tidemark/testing'
import { sharedTierContract } from '@tidemark/testing/contracts'

const leaseMs = 1000

sharedTierContract('the shared store of the tests', () => {
  const store = new SharedStore({ clock: systemClock, random: systemRandom, leaseMs })
  return { connect: () => store.connect(), leaseMs }
})
