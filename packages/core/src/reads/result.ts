import type { Stored } from '../tiers/codec.ts'
import type { Engine } from '../engine.ts'
import type { Lookup, ReadCall } from './lookup.ts'

/** A stored result as its caller is given it: its own, or one that all share and nobody can change. */
export function readOut({ codec }: Engine, lookup: Lookup, stored: Stored): unknown {
  return isFrozen(lookup) && codec.frozen ? codec.frozen(stored) : codec.decode(stored)
}

/** Whether the caller may be given what others are given too. */
export function isFrozen({ policy, call }: Lookup): boolean {
  return policy.isolation === 'frozen' && !call.changesResult && !call.plan.changesResult
}

/** Whether a result says that nothing was found. */
export function isEmptyResult({ isEmpty }: ReadCall, value: unknown): boolean {
  if (isEmpty) return isEmpty(value)
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}
