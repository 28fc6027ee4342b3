import { askDatabase, type Answer, isBeingLoaded } from './ask-database.ts'
import { bypass } from './bypass.ts'
import type { Engine } from '../engine.ts'
import { isDue } from './freshness.ts'
import { allNamesOf, type Load, type Lookup } from './lookup.ts'
import type { HitKind, MissReason } from '../insight/outcomes.ts'
import { notCached } from './patience.ts'
import { refresh } from './refresh.ts'
import { answerOrStandIn, standInsOf } from './stand-in.ts'
import { type Taken, takeShared } from './take-shared.ts'
import type { Entry } from '../tiers/tier.ts'

/**
 * What happens where this process's memory has no answer: what others have stored is served, or the database is asked.
 *
 * @param localReason why it has none
 * @param expired what it has instead, where only time is against it
 */
export async function fill<T>(
  engine: Engine,
  lookup: Lookup,
  localReason: MissReason,
  load: Load<T>,
  expired?: Entry,
): Promise<T> {
  const { call, key, tags, policy, mode } = lookup
  const { shape } = call.plan
  let reading
  try {
    // Marks before rows: read after them, they would bless rows that a commit has just replaced.
    reading = await engine.marks.read(tags, mode === 'refresh' ? undefined : key)
  } catch {
    return bypass(engine, call, 'tier-down', load, policy)
  }
  if (reading.state === 'locked') return bypass(engine, call, 'marks-locked', load, policy)

  const { tokens, entry } = reading
  const shared = entry && takeShared(engine, lookup, tokens, entry)
  const isServed = shared && shared.state !== 'refused' && !isBeingLoaded(lookup, tokens)
  if (isServed) return serveShared(engine, lookup, shared, load) as T
  const reason = shared?.state === 'refused' ? shared.reason : localReason
  if (reason === 'marks-moved') shape.wasOld(allNamesOf(lookup))
  if (mode === 'only-if-cached') {
    shape.miss(reason)
    call.onNothing?.(lookup, tokens)
    throw notCached(call, reason)
  }
  let answer: Answer
  try {
    const asking = askDatabase(engine, lookup, tokens, load)
    const isPatient = policy.hardTimeoutMs === Infinity && policy.staleIfErrorMs === 0
    answer = isPatient
      ? await asking
      : await answerOrStandIn(engine, lookup, asking, standInsOf(engine, lookup, expired, entry))
  } catch (error) {
    shape.miss(reason)
    throw error
  }
  const ms = engine.clock.now() - lookup.startedAt
  // Who waited for somebody else's load would have waited as long for its own.
  if (answer.hit) shape.hit(answer.hit, ms, isAnswer(answer.hit) ? ms : 0)
  else if (answer.refusal) shape.bypass(answer.refusal)
  else shape.miss(reason)
  return answer.value as T
}

function isAnswer(kind: HitKind): boolean {
  return kind === 'joined' || kind === 'waited'
}

function serveShared(
  engine: Engine,
  lookup: Lookup,
  taken: Exclude<Taken, { state: 'refused' }>,
  load: Load<unknown>,
): unknown {
  const { call, policy, startedAt } = lookup
  const { state, value, age, entry } = taken
  const { tokens, loadMs } = entry
  const kind = state === 'fresh' ? 'shared' : 'stale'
  call.plan.shape.hit(kind, engine.clock.now() - startedAt, loadMs)
  engine.verification?.maybe({
    ...{ lookup, tokens, ageMs: age.ageMs },
    value: () => entry.decode(),
    load: () => load('compare'),
  })
  if (kind === 'stale' || isDue(engine, policy, age, loadMs)) {
    refresh(engine, lookup, { tokens, readAt: startedAt - age.ageMs }, load)
  }
  return value
}
