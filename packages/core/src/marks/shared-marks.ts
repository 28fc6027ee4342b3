import { LRUCache } from 'lru-cache'
import type { Bus } from './bus.ts'
import type { CacheKey } from '../keys/cache-key.ts'
import type { Clock } from '../clock.ts'
import type { Consistency } from '../policies/consistency.ts'
import { HeldTags } from './held-tags.ts'
import { KnownMarks } from './known-marks.ts'
import type {
  MarkMatch,
  MarkReading,
  MarkStore,
  MarkToken,
  PreparedMarks,
  ReplacedMarks,
  WriterId,
} from './marks.ts'
import { OwedEnds, type WriteEnd } from './owed-ends.ts'
import type { Random } from '../random.ts'
import type { SharedMark, SharedTier, SharedTierContext } from '../tiers/shared-tier.ts'
import { EVERYTHING, type Tag } from './tags.ts'
import { TidemarkError } from '../options/tidemark-error.ts'
import type { ValueType } from '../keys/value-type.ts'

export interface SharedMarksOptions {
  readonly shared: SharedTier
  readonly clock: Clock
  readonly random: Random
  /** Told of every mark that moves, here or elsewhere. */
  readonly bus: Bus
  /** How long a mark that was read counts as known, in milliseconds. 0: it is read again for each hit. */
  readonly maxStalenessMs: number
  /** How many marks are known at once. Beyond it the least used is forgotten, and read again when it is needed. */
  readonly maxMarks: number
  /** Told of the tags whose marks other processes have moved. Where names are hidden, of the marks. */
  readonly onHeard?: (tags: readonly Tag[]) => void
}

/** Opens the shared tier for a cache, and the marks by which that cache knows what is in it. */
export function openSharedMarks(
  options: SharedMarksOptions &
    Omit<SharedTierContext, 'valueTypes' | 'onMoved' | 'onLost' | 'onReplaced'>,
  valueTypes: readonly ValueType[],
): SharedMarks {
  const { shared, namespace, clock, random, leaseMs } = options
  let marks: SharedMarks | undefined
  shared.open({
    ...{ namespace, clock, random, leaseMs, valueTypes },
    onMoved: (tags, isPart) => marks?.heard(tags, isPart),
    onLost: () => marks?.lost(),
    onReplaced: () => marks?.replaced(),
  })
  marks = new SharedMarks(options)
  return marks
}

/**
 * What one process knows of the marks that all share, so that its memory can answer without asking.
 *
 * The truth is in the shared tier. Here is a copy of what was read of it, which word from others corrects. Word may be
 * late or lost, which is why time bounds it as well. This process's own writes need no word: from its intent to its release
 * nothing matches here.
 */
export class SharedMarks implements MarkStore {
  readonly #shared: SharedTier
  readonly #clock: Clock
  readonly #bus: Bus
  readonly #known: KnownMarks
  /** When this process last ended a write on a tag. */
  readonly #written: LRUCache<Tag, number>
  readonly #everything: readonly Tag[]
  readonly #onHeard: (tags: readonly Tag[]) => void
  readonly #held = new HeldTags()
  readonly #owed: OwedEnds

  constructor(options: SharedMarksOptions) {
    const { shared, clock, random, bus, maxStalenessMs, maxMarks } = options
    this.#onHeard = options.onHeard ?? (() => {})
    this.#shared = shared
    this.#clock = clock
    this.#bus = bus
    this.#known = new KnownMarks(clock, maxStalenessMs, maxMarks)
    this.#written = new LRUCache({ max: maxMarks })
    this.#everything = this.#marksOf([EVERYTHING])
    this.#owed = new OwedEnds(shared, random, this.#everything)
  }

  match(tags: readonly Tag[], tokens: readonly MarkToken[]): MarkMatch {
    if (tags.length !== tokens.length || this.#isHeld(tags)) return 'moved'
    return this.#known.match(tags, tokens)
  }

  async read(tags: readonly Tag[], key?: CacheKey): Promise<MarkReading> {
    if (this.#owed.any(tags)) await this.#owed.settle()
    if (this.#isHeld(tags)) return { state: 'locked' }
    // Before the question, as with everything that is to be believed of its answer.
    const reading = this.#known.startReading(tags)
    try {
      const { marks, entry } = await this.#shared.lookup(tags, key)
      const tokens = await this.#tokensOf(tags, marks)
      if (!tokens || this.#isHeld(tags)) return { state: 'locked' }
      this.#known.learn(reading, tags, tokens)
      return { state: 'open', tokens, entry }
    } finally {
      this.#known.drop(reading)
    }
  }

  async intent(
    tags: readonly Tag[],
    writer: WriterId,
    consistency: Consistency = 'available',
  ): Promise<void> {
    const marks = this.#marksOf(tags)
    this.#held.hold(marks)
    this.moved(marks)
    if (consistency !== 'fresh') await this.#shared.intent(marks, writer)
  }

  async release(tags: readonly Tag[], writer: WriterId): Promise<'held' | 'lost'> {
    const marks = this.#marksOf(tags)
    const held = await this.#end('release', marks, () => this.#shared.release(marks, writer))
    return held === marks.length ? 'held' : 'lost'
  }

  async prepare(own: readonly Tag[], others: readonly Tag[]): Promise<PreparedMarks | undefined> {
    if (!this.#shared.nextTokens || !this.#shared.replace) return undefined
    const marks = this.#marksOf(own)
    const [tokens, known] = await Promise.all([
      this.#shared.nextTokens(marks),
      this.#tokensBefore(this.#marksOf(others)),
    ])
    return { next: new Map(marks.map((mark, at) => [mark, tokens[at]!])), others: known }
  }

  /** What is known, however old: a mark that has moved since is dead, and what is stored under it harmless. */
  async #tokensBefore(marks: readonly Tag[]): Promise<ReadonlyMap<Tag, MarkToken>> {
    const known = new Map<Tag, MarkToken>()
    for (const mark of marks) {
      const token = this.#known.tokenOf(mark)
      if (token !== undefined) known.set(mark, token)
    }
    const unknown = marks.filter((mark) => !known.has(mark))
    if (unknown.length === 0) return known
    const reading = await this.read(unknown)
    if (reading.state === 'open')
      unknown.forEach((mark, at) => known.set(mark, reading.tokens[at]!))
    return known
  }

  async replace(
    tags: readonly Tag[],
    writer: WriterId,
    { next }: PreparedMarks,
  ): Promise<ReplacedMarks> {
    const marks = this.#marksOf(tags)
    const reading = this.#known.startReading(marks)
    let done
    try {
      done = await this.#shared.replace!(marks, writer, next)
    } catch (error) {
      this.#owed.add('release', marks)
      this.#known.drop(reading)
      this.#ended(marks)
      throw error
    }
    // At once, before any word of others comes in; and without its own word, which would overtake it as well.
    this.#known.drop(reading)
    this.#ended(marks)
    const replaced = marks.filter((_, at) => done[at] === 'replaced')
    const tokens = replaced.map((mark) => next.get(mark)!)
    this.#known.learn(reading, replaced, tokens)
    return {
      state: done.includes('lost') ? 'lost' : 'held',
      tokens: new Map(replaced.map((mark, at) => [mark, tokens[at]!])),
    }
  }

  abandon(tags: readonly Tag[], writer: WriterId): Promise<void> {
    const marks = this.#marksOf(tags)
    return this.#end('abandon', marks, () => this.#shared.abandon(marks, writer))
  }

  /**
   * @throws TidemarkError `INVALIDATION_FAILED` where the tier cannot list its marks by their names; whatever the tier
   *   throws
   */
  async find(prefix: string): Promise<readonly Tag[]> {
    const shared = this.#shared
    if (!shared.listMarks || shared.hidesNames) {
      throw new TidemarkError(
        'INVALIDATION_FAILED',
        `expected a shared tier that can list tags by their names, but ${shared.name} ` +
          `${shared.listMarks ? 'hides them' : 'cannot'}: name the tags, or call clear()`,
      )
    }
    const found = new Set<Tag>()
    for await (const marks of shared.listMarks(prefix)) {
      for (const { tag } of marks) if (tag !== undefined) found.add(tag)
    }
    // The tier may have lost a mark that is known here. Afterwards it is known that it has.
    this.#known.forget()
    return [...found]
  }

  /** Another process has moved the marks of these tags, or is about to. */
  heard(tags: readonly Tag[], isPart = false): void {
    this.moved(tags)
    if (isPart) return
    const others = tags.filter((tag) => !this.#everything.includes(tag))
    this.#onHeard(others.length < tags.length ? [EVERYTHING, ...others] : tags)
  }

  /** Forgets what is known of these tags: it has moved, or is about to. */
  moved(tags: readonly Tag[]): void {
    this.#known.moved(tags)
    const isAll = tags.includes(this.#everything[0]!)
    this.#bus.publish({ kind: 'moved', tags: isAll ? [EVERYTHING] : tags })
  }

  /** Forgets all that is known, because word of other processes may have been missed. */
  lost(): void {
    this.#known.forget()
    // The tier can be reached again, so this may be the moment. Whoever reads these tags next would try as well.
    this.#owed.settle().catch(() => undefined)
  }

  /**
   * Says again what was said lately: for a while two servers may both have taken themselves for the primary, and others
   * have been asking the one that has not heard of it.
   */
  replaced(): void {
    const since = this.#clock.now() - REPEAT_MS
    const recent = [...this.#written].filter(([, at]) => at >= since).map(([tag]) => tag)
    if (recent.length > 0) this.#owed.add('release', recent)
    this.lost()
  }

  #marksOf(tags: readonly Tag[]): readonly Tag[] {
    return this.#shared.marksOf?.(tags) ?? tags
  }

  async #end<T>(how: WriteEnd, marks: readonly Tag[], send: () => Promise<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      this.#owed.add(how, marks)
      throw error
    } finally {
      this.#ended(marks)
    }
  }

  #ended(marks: readonly Tag[]): void {
    this.#held.letGo(marks)
    this.moved(marks)
    const now = this.#clock.now()
    for (const tag of marks) this.#written.set(tag, now)
  }

  #isHeld(tags: readonly Tag[]): boolean {
    return this.#held.any(tags) || this.#owed.any(tags)
  }

  /** Undefined where one is locked. */
  async #tokensOf(
    tags: readonly Tag[],
    marks: readonly SharedMark[],
  ): Promise<readonly MarkToken[] | undefined> {
    const absent = tags.filter((_, index) => marks[index] === 'absent')
    const minted = absent.length > 0 ? await this.#shared.mint(absent) : []
    const tokens = marks.map((mark, index) =>
      mark === 'absent' ? minted[absent.indexOf(tags[index]!)]! : mark,
    )
    return tokens.some((mark) => mark === 'locked' || mark === 'absent')
      ? undefined
      : (tokens as MarkToken[])
  }
}

/** Longer than two servers go on beside each other, as Sentinels and Clusters are commonly set up. */
const REPEAT_MS = 60_000
