// snippet: verification
import { createTidemark } from '@tidemark/core'

// end
export function verified(console: Pick<Console, 'log' | 'error'>) {
  // snippet: verification
  const cache = createTidemark({ verify: { sample: 0.001, switchOff: true } })

  cache.on('stale', ({ fingerprint, tags, ageMs }) => {
    console.error('served something stale', { fingerprint, tags, ageMs })
  })
  // end
  const tell = () => {
    // snippet: verification-report
    const { freshConfirmed, staleConfirmed, staleRateAtMost } = cache.metrics().verification!
    console.log({ freshConfirmed, staleConfirmed, staleRateAtMost })
    // end
  }
  return { cache, tell }
}
