import { AsyncLocalStorage } from 'node:async_hooks'
import type { Engine } from '../engine.ts'
import { runWithin } from '../run-within.ts'
import type { WriteThrough } from './write-through.ts'

/** What one operation may leave behind: it is taken by the first write that is sent for it. */
interface Offer {
  through: WriteThrough | undefined
}

const offers = new AsyncLocalStorage<Offer>()

/** Runs an operation of a client that sends its write further down, where `takeWriteThrough` finds it. */
export function offerWriteThrough<T>(
  through: WriteThrough,
  operation: () => PromiseLike<T>,
): Promise<T> {
  return runWithin(offers, { through }, operation)
}

/** Once for each operation: a second write that is sent for it is one of which nothing is known. */
export function takeWriteThrough(engine: Engine): WriteThrough | undefined {
  const offer = offers.getStore()
  if (!offer?.through?.isOf(engine)) return undefined
  const { through } = offer
  offer.through = undefined
  return through
}
