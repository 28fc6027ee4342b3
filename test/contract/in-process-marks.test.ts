import { InProcessBus, InProcessMarks } from '@tidemark/core'
import { ManualClock, SeededRandom } from '@tidemark/testing'
import { markStoreContract } from '@tidemark/testing/contracts'

const leaseMs = 10_000

markStoreContract('the in-process mark store', () => {
  const clock = new ManualClock()
  const random = new SeededRandom(1)
  const bus = new InProcessBus()
  const marks = new InProcessMarks({ clock, random, bus, leaseMs, maxMarks: 100 })
  return { marks, endLease: () => clock.advance(leaseMs) }
})
