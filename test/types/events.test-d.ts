import type {
  BypassReason,
  HitKind,
  Invalidation,
  MissReason,
  NamedTag,
  Tidemark,
  TidemarkEvents,
} from '@tidemark/core'
import { describe, expectTypeOf, it } from 'vitest'

declare const cache: Tidemark

describe('on', () => {
  it('knows what comes with each event', () => {
    const stop = cache.on('read', ({ fingerprint, outcome, reason }) => {
      expectTypeOf(fingerprint).toEqualTypeOf<string>()
      expectTypeOf(outcome).toEqualTypeOf<'hit' | 'miss' | 'bypass'>()
      expectTypeOf(reason).toEqualTypeOf<HitKind | MissReason | BypassReason>()
    })
    expectTypeOf(stop).toEqualTypeOf<() => void>()
    cache.on('invalidation', (event) => {
      expectTypeOf(event).toEqualTypeOf<Invalidation>()
      expectTypeOf(event.tags).toEqualTypeOf<readonly NamedTag[]>()
    })
    cache.on('stale', ({ ageMs, tags }) => {
      expectTypeOf(ageMs).toEqualTypeOf<number>()
      expectTypeOf(tags).toEqualTypeOf<readonly string[]>()
    })
    cache.on('write', async ({ adapter }) => expectTypeOf(adapter).toEqualTypeOf<string>())
  })

  it('takes no event that there is not, and no listener for another', () => {
    expectTypeOf<Parameters<Tidemark['on']>[0]>().toEqualTypeOf<keyof TidemarkEvents>()
    // @ts-expect-error
    cache.on('reads', () => {})
    // @ts-expect-error
    cache.on('write', ({ outcome }) => outcome)
    // @ts-expect-error
    cache.on('read', ({ ageMs }: { ageMs: number }) => ageMs)
    cache.on('read', (event) => {
      // @ts-expect-error
      event.outcome = 'hit'
    })
  })
})
