import type { SharedTierContext } from '@tidemark/core'
import type { RedisLink } from './redis-link.ts'
import type { RedisNames } from './redis-names.ts'
import { INTENT, RELEASE } from './scripts.ts'

/** Does all that reads and writes do, on names of its own, with nobody to be told. */
export async function tryOut(link: RedisLink, names: RedisNames, { random }: SharedTierContext) {
  const trials = names.trials
  const writer = random.token()
  const message = JSON.stringify([writer])
  await link.lookup(trials, trials[0])
  await link.mint(
    trials,
    trials.map(() => random.token()),
    TRIAL_MS,
  )
  await link.write(INTENT, trials, () => [names.channel, message, writer, TRIAL_MS, 'new'])
  await link.write(RELEASE, trials, () => [names.channel, message, writer])
}

/** How long what a trial leaves behind is kept, where it could not remove it. */
const TRIAL_MS = 1000
