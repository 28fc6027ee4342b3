import type { Encoding } from '../tiers/codec.ts'
import type { Engine } from '../engine.ts'
import { changeOf, type Load, type Lookup } from './lookup.ts'
import type { MarkToken } from '../marks/marks.ts'
import { encodeResult, storeResult } from './store-result.ts'

/** What a load leaves, for who began it and for those who joined it. */
export interface Loaded {
  /** Belongs to who began it. */
  readonly value: unknown
  readonly encoding: Encoding
  /** Whether another process has loaded it. */
  readonly isOfOthers: boolean
  /** When it is there for other processes, if it is stored for them. */
  readonly storing?: Promise<unknown> | undefined
}

/** Asks the database, and stores the answer under the tokens that were current before the question. */
export async function loadResult(
  engine: Engine,
  lookup: Lookup,
  tokens: readonly MarkToken[],
  load: Load<unknown>,
  purpose?: 'reload',
): Promise<Loaded> {
  const { clock } = engine
  const { call } = lookup
  const readAt = clock.now()
  let value
  let loadMs
  try {
    value = await load(purpose)
  } finally {
    loadMs = clock.now() - readAt
    call.plan.shape.loaded(loadMs)
    if (purpose === 'reload') call.plan.shape.spent(loadMs)
  }
  const change = changeOf(engine, lookup)
  const isDoubtful = purpose === 'reload' && call.origin?.mayReload === false
  const encoding: Encoding = change
    ? { state: 'refused', reason: change }
    : encodeResult(engine, lookup.key, value)
  if (encoding.state === 'refused' || isDoubtful) return { value, encoding, isOfOthers: false }
  const storing = storeResult(engine, lookup, { tokens, readAt, loadMs }, value, encoding)
  return { value, encoding, isOfOthers: false, storing }
}
