import { setImmediate, setTimeout } from 'node:timers/promises'
import { checkKeys } from '../options/check-options.ts'
import { type Duration, parseDuration } from '../options/duration.ts'
import type { Engine } from '../engine.ts'
import { changeOf, type Lookup } from '../reads/lookup.ts'
import type { MarkToken } from '../marks/marks.ts'
import { areSame } from '../same-texts.ts'
import { compareResults } from './same-result.ts'
import { encodeResult } from '../reads/store-result.ts'
import { EVERYTHING, type Tag } from '../marks/tags.ts'
import { invalidOption } from '../options/tidemark-error.ts'
import { WriteIntent } from '../writes/write-intent.ts'

/** How often, and with what consequence, hits are compared with the database. */
export interface VerifyOptions {
  /** The share of hits that are asked of the database as well, from 0 to 1. `0.001` is one in a thousand. */
  readonly sample: number
  /**
   * Whether a hit that is found to be stale ends the caching of its tables in this process, until `cache.clear()`.
   * Default: `false`, it is counted and told of.
   */
  readonly switchOff?: boolean
  /**
   * How long it waits after a difference for word of a write that may explain it: under `'fresh'` a row is new before its
   * marks have moved. Default: `'1s'`.
   */
  readonly settle?: Duration
}

export interface ResolvedVerify {
  readonly sample: number
  readonly switchesOff: boolean
  readonly settleMs: number
}

/** @throws TidemarkError `INVALID_OPTION` */
export function resolveVerify(options: VerifyOptions): ResolvedVerify {
  checkKeys(
    'verify',
    options,
    ['sample', 'switchOff', 'settle'],
    'an object such as { sample: 0.001 }',
  )
  const { sample, switchOff = false, settle = '1s' } = options
  if (typeof sample !== 'number' || !(sample >= 0 && sample <= 1)) {
    throw invalidOption('verify.sample', 'a number from 0 to 1', sample)
  }
  if (typeof switchOff !== 'boolean') {
    throw invalidOption('verify.switchOff', 'true or false', switchOff)
  }
  return { sample, switchesOff: switchOff, settleMs: parseDuration('verify.settle', settle) }
}

/** What was found by comparing hits with the database. */
export interface VerificationReport {
  /** Hits that were what the database had. */
  readonly freshConfirmed: number
  /** Hits that were not, though no mark had moved: a defect, or a writer that goes past Tidemark. */
  readonly staleConfirmed: number
  /** Comparisons that say nothing, by why. */
  readonly inconclusive: Readonly<Partial<Record<Inconclusive, number>>>
  /** `staleConfirmed` of all that were conclusive. Undefined as long as there are none. */
  readonly staleRate: number | undefined
  /**
   * The true rate is at most this, with 95 % confidence: 3/n after n comparisons of which none was stale (the rule of
   * three), else the upper bound of Wilson's interval. Undefined as long as there are none.
   */
  readonly staleRateAtMost: number | undefined
  /** The tables that are not cached any more in this process, because a hit of theirs was stale. */
  readonly switchedOff: readonly string[]
}

/** Why a comparison says nothing. */
export type Inconclusive =
  /** A write came in between, or its word had not arrived: the hit was right when it was served. */
  | 'marks-moved'
  /** The same rows came in another order, which a query without ORDER BY permits. */
  | 'order'
  /**
   * The database, the marks or the entry could not be read, the caller has changed what it asked for, or a transaction was
   * open on the only connection.
   */
  | 'failed'
  /** Too many comparisons were under way. */
  | 'busy'

/** A hit, as it was served. */
export interface ServedHit {
  readonly lookup: Lookup
  readonly tokens: readonly MarkToken[]
  readonly ageMs: number
  /** The value that was served, once more. */
  readonly value: () => unknown
  /** Asks the database. */
  readonly load: () => Promise<unknown>
}

/**
 * Shadow verification: asks the database for a share of what was served from the cache, and compares.
 *
 * The marks are read before and after the question. If they are those of the entry both times, no write that the cache
 * knows of came in between, so the rows must be the same; a difference then is a mark that was never moved.
 */
export class Verification {
  readonly #options: ResolvedVerify
  readonly #engine: Engine
  readonly #inconclusive = new Map<Inconclusive, number>()
  readonly #switchedOff = new Set<Tag>()
  /** One for each comparison that is under way. */
  readonly #giveUps = new Set<() => void>()
  #fresh = 0
  #stale = 0
  #running = 0

  constructor(engine: Engine, options: ResolvedVerify) {
    this.#engine = engine
    this.#options = options
  }

  /** Maybe compares a hit, later and in the background. */
  maybe(hit: ServedHit): void {
    if (hit.lookup.call.cancellable || this.#engine.random.fraction() >= this.#options.sample)
      return
    if (this.#running >= MAX_RUNNING) {
      this.#says('busy')
      return
    }
    void this.#engine.runInBackground(async () => {
      this.#running += 1
      try {
        const verdict = await this.#unlessClosed(this.#compare(hit).catch(() => 'failed' as const))
        if (!verdict) return
        this.#says(verdict)
        if (verdict === 'stale') await this.#handle(hit)
      } finally {
        this.#running -= 1
      }
    })
  }

  /** Gives up what is under way: `cache.close()` waits for no database, and asks it nothing more. */
  close(): void {
    for (const giveUp of this.#giveUps) giveUp()
  }

  /** Whether a read of these tags is of tables that were found to be stale. */
  isSwitchedOff(tags: readonly Tag[]): boolean {
    return this.#switchedOff.size > 0 && tags.some((tag) => this.#switchedOff.has(tag))
  }

  switchOn(): void {
    this.#switchedOff.clear()
  }

  report(): VerificationReport {
    const checked = this.#fresh + this.#stale
    return {
      freshConfirmed: this.#fresh,
      staleConfirmed: this.#stale,
      inconclusive: Object.fromEntries(this.#inconclusive),
      staleRate: checked > 0 ? this.#stale / checked : undefined,
      staleRateAtMost: checked > 0 ? rateAtMost(this.#stale, checked) : undefined,
      switchedOff: [...this.#switchedOff].map((tag) => tag.replace(/^table:/, '')),
    }
  }

  #says(verdict: Verdict): void {
    if (verdict === 'fresh') this.#fresh += 1
    else if (verdict === 'stale') this.#stale += 1
    else this.#inconclusive.set(verdict, (this.#inconclusive.get(verdict) ?? 0) + 1)
  }

  /** Undefined where the cache was closed before. */
  async #unlessClosed(comparing: Promise<Verdict>): Promise<Verdict | undefined> {
    let giveUp = (): void => {}
    const closed = new Promise<undefined>((resolve) => {
      giveUp = () => resolve(undefined)
    })
    this.#giveUps.add(giveUp)
    try {
      return await Promise.race([comparing, closed])
    } finally {
      this.#giveUps.delete(giveUp)
    }
  }

  async #compare(hit: ServedHit): Promise<Verdict> {
    // Whoever was served goes first.
    await setImmediate()
    const served = hit.value()
    if (!(await this.#isCurrent(hit))) return 'marks-moved'
    if (this.#engine.closed || !mayReload(hit)) return 'failed'
    const loaded = this.#asStored(hit, await hit.load())
    if (changeOf(this.#engine, hit.lookup) || !mayReload(hit)) return 'failed'
    if (!(await this.#isCurrent(hit))) return 'marks-moved'
    const comparison = compareResults(served, loaded, this.#engine.valueTypes)
    if (comparison !== 'different') return comparison === 'same' ? 'fresh' : comparison
    await setTimeout(this.#options.settleMs, undefined, { ref: false })
    return (await this.#isCurrent(hit)) ? 'stale' : 'marks-moved'
  }

  async #isCurrent({ lookup, tokens }: ServedHit): Promise<boolean> {
    const reading = await this.#engine.marks.read(lookup.tags)
    return reading.state === 'open' && areSame(reading.tokens, tokens)
  }

  /** As it would have come back from the cache: what a copy does not keep is no difference. */
  #asStored({ lookup }: ServedHit, value: unknown): unknown {
    const encoding = encodeResult(this.#engine, lookup.key, value)
    if (encoding.state === 'refused') throw new Error(encoding.reason)
    return this.#engine.codec.decode(encoding.stored)
  }

  /** What was found is served to nobody again. */
  async #handle({ lookup: { call, dependencies }, ageMs }: ServedHit): Promise<void> {
    const engine = this.#engine
    const tags = dependencies.filter((tag) => tag !== EVERYTHING)
    if (this.#options.switchesOff) {
      for (const tag of tags) if (tag.startsWith('table:')) this.#switchedOff.add(tag)
    }
    const { adapter, fingerprint } = call.plan.shape
    engine.events.emit('stale', () => ({ adapter, fingerprint, tags, ageMs }))
    if (tags.length === 0) return
    const intent = await WriteIntent.open(engine, tags, 'available')
    await intent.close('settled')
  }
}

/** Else it would be compared with what a transaction has written that is still open. */
function mayReload({ lookup }: ServedHit): boolean {
  return lookup.call.origin?.mayReload !== false
}

type Verdict = 'fresh' | 'stale' | Inconclusive

/** A share of hits must never become a load of its own. */
const MAX_RUNNING = 4

/** The upper bound of a one-sided interval of 95 %. */
function rateAtMost(stale: number, checked: number): number {
  if (stale === 0) return Math.min(1, 3 / checked)
  const rate = stale / checked
  const spread = Z * Math.sqrt((rate * (1 - rate)) / checked + Z ** 2 / (4 * checked ** 2))
  return Math.min(1, (rate + Z ** 2 / (2 * checked) + spread) / (1 + Z ** 2 / checked))
}

/** Of the standard normal distribution: 95 % lie below. */
const Z = 1.6449
