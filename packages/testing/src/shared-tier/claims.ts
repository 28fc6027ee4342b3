import { type MarkToken } from '@tidemark/core'
import { expect, it, vi } from 'vitest'
import { key, keyOf, type Connected, type Processes } from './processes.ts'

/** Who loads for all, where a tier knows claims. */
export function claimsContract(processes: Processes): void {
  it('gives a claim to the first who asks, until it is over, if it knows claims at all', async () => {
    const { one, other } = processes()
    if (!one.tier.claim || !one.tier.unclaim) return
    const tokens = ['t1', 't2'] as MarkToken[]
    const claim = (from: Connected, who: string, under = tokens) =>
      from.tier.claim!(key, under, who, 60_000)
    const unclaim = (from: Connected, who: string, how: 'over' | 'free') =>
      from.tier.unclaim!(key, tokens, who, how, 60_000)
    expect(await claim(one, 'first')).toBe('yours')
    expect(await claim(other, 'second')).toBe('taken')
    expect(await other.tier.claim!(keyOf('other'), tokens, 'second', 60_000)).toBe('yours')
    expect(await claim(other, 'second', ['t1', 't3'] as MarkToken[])).toBe('yours')
    await unclaim(other, 'second', 'free')
    expect(await claim(other, 'second')).toBe('taken')
    await unclaim(one, 'first', 'free')
    expect(await claim(other, 'second')).toBe('yours')
    await unclaim(other, 'second', 'over')
    expect(await claim(one, 'first')).toBe('over')
  })

  it('ends a claim of one who has died', async () => {
    const { one, other, place } = processes()
    if (!one.tier.claim) return
    const claim = (from: Connected, who: string) => from.tier.claim!(key, [], who, place.leaseMs)
    expect(await claim(one, 'dead')).toBe('yours')
    await vi.waitFor(async () => expect(await claim(other, 'living')).toBe('yours'), {
      timeout: place.leaseMs * 10,
    })
  })
}
