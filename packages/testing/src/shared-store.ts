import {
  type Bus,
  type BusMessage,
  type CacheKey,
  type Claim,
  type Clock,
  type Codec,
  InProcessBus,
  InProcessMarks,
  type ListedEntry,
  type ListedMark,
  type MarkToken,
  type NewSharedEntry,
  type Random,
  type SharedEntry,
  type Replacement,
  type SharedLookup,
  type SharedMark,
  type SharedTier,
  type SharedTierContext,
  structuralCodec,
  type Tag,
  type WriterId,
} from '@tidemark/core'

export interface SharedCall {
  readonly method:
    | 'lookup'
    | 'mint'
    | 'store'
    | 'intent'
    | 'release'
    | 'replace'
    | 'abandon'
    | 'claim'
    | 'unclaim'
    | 'list'
    | 'message'
  /** Set where the call is about a key. */
  readonly key?: CacheKey
}

/**
 * What several caches of one test share, as processes share a server. It is the plainest thing that keeps the contract of
 * a shared tier, for tests of what stands in front of one; a server has its own tests.
 *
 * @example
 * const store = new SharedStore({ clock, random, leaseMs: 10_000 })
 * const one = createTidemark({ clock, shared: store.connect() })
 * const other = createTidemark({ clock, shared: store.connect() })
 */
export class SharedStore {
  readonly bus: Bus = new InProcessBus()
  readonly marks: InProcessMarks
  /** Tokens that somebody has asked for: the others are as good as absent. */
  readonly minted = new Set<MarkToken>()
  readonly entries = new Map<CacheKey, StoredEntry>()
  readonly claims = new Map<string, { readonly who: string; readonly until: number }>()
  readonly clock: Clock
  readonly random: Random

  constructor({ clock, random, leaseMs }: { clock: Clock; random: Random; leaseMs: number }) {
    this.clock = clock
    this.random = random
    this.marks = new InProcessMarks({ clock, random, bus: this.bus, leaseMs, maxMarks: 10_000 })
  }

  /** The way of one more process to it. */
  connect(): ConnectedStore {
    return new ConnectedStore(this)
  }
}

interface StoredEntry extends Pick<
  NewSharedEntry,
  'tokens' | 'tags' | 'ttlMs' | 'keepMs' | 'loadMs'
> {
  readonly since: number
  readonly stored: object
  /** As if it were written in a compact way. */
  readonly bytes: number
}

/** One process's way to a `SharedStore`. Like a network it can be slow, cut, and lose what was said on it. */
export class ConnectedStore implements SharedTier {
  readonly name = 'shared store'
  readonly calls: SharedCall[] = []
  /** Awaited before each call goes through and before each message arrives. */
  hold: (call: SharedCall) => Promise<void> = () => Promise.resolve()
  readonly #store: SharedStore
  readonly #writers = new Map<WriterId, readonly Tag[]>()
  #hasCrashed = false
  #isSpeaking = false
  #codec: Codec = structuralCodec()
  #unsubscribe: () => void = () => {}

  constructor(store: SharedStore) {
    this.#store = store
  }

  open({ onMoved, valueTypes }: SharedTierContext): void {
    this.#codec = structuralCodec(valueTypes)
    const listen = async ({ tags }: BusMessage) => {
      await this.#pass({ method: 'message' })
      onMoved(tags)
    }
    this.#unsubscribe = this.#store.bus.subscribe((message) => {
      // As on a server: who has said it does not hear it.
      if (this.#isSpeaking) return
      // What never arrives is lost: `hold` rejects.
      listen(message).catch(() => undefined)
    })
  }

  async lookup(tags: readonly Tag[], key?: CacheKey): Promise<SharedLookup> {
    await this.#pass({ method: 'lookup', ...(key !== undefined && { key }) })
    const { clock, entries } = this.#store
    const found = key === undefined ? undefined : entries.get(key)
    const isThere = found && clock.now() - found.since < found.keepMs
    return { marks: this.#read(tags, false), entry: isThere ? this.#entry(found) : undefined }
  }

  async mint(tags: readonly Tag[]): Promise<readonly SharedMark[]> {
    await this.#pass({ method: 'mint' })
    return this.#read(tags, true)
  }

  async store(key: CacheKey, { ageMs, value, ...entry }: NewSharedEntry): Promise<void> {
    const encoding = this.#codec.encode(value, { maxBytes: Infinity })
    const since = this.#store.clock.now() - ageMs
    await this.#pass({ method: 'store', key })
    if (encoding.state === 'refused') return
    const { stored, bytes } = encoding
    this.#store.entries.set(key, { ...entry, since, stored, bytes: Math.ceil(bytes / 4) })
  }

  async intent(tags: readonly Tag[], writer: WriterId): Promise<void> {
    await this.#pass({ method: 'intent' })
    this.#writers.set(writer, tags)
    this.#speak((marks) => marks.intent(tags, writer))
  }

  async release(tags: readonly Tag[], writer: WriterId): Promise<number> {
    await this.#pass({ method: 'release' })
    const held = this.#writers.get(writer) ?? []
    this.#writers.delete(writer)
    this.#speak((marks) => marks.release(tags, writer))
    return tags.filter((tag) => held.includes(tag)).length
  }

  async nextTokens(tags: readonly Tag[]): Promise<readonly MarkToken[]> {
    return tags.map(() => this.#store.random.token() as MarkToken)
  }

  async replace(
    tags: readonly Tag[],
    writer: WriterId,
    next: ReadonlyMap<Tag, MarkToken>,
  ): Promise<readonly Replacement[]> {
    await this.#pass({ method: 'replace' })
    const held = this.#writers.get(writer) ?? []
    this.#writers.delete(writer)
    const prepared = { next, others: new Map() }
    const { tokens } = this.#speak((marks) => marks.replace(tags, writer, prepared))
    for (const token of tokens.values()) this.#store.minted.add(token)
    return tags.map((tag) => {
      if (tokens.has(tag)) return 'replaced'
      return held.includes(tag) ? 'released' : 'lost'
    })
  }

  async abandon(tags: readonly Tag[], writer: WriterId): Promise<void> {
    await this.#pass({ method: 'abandon' })
    this.#writers.delete(writer)
    this.#speak((marks) => marks.abandon(tags, writer))
  }

  async claim(
    key: CacheKey,
    tokens: readonly MarkToken[],
    who: string,
    claimMs: number,
  ): Promise<Claim> {
    await this.#pass({ method: 'claim', key })
    const { claims, clock } = this.#store
    const name = claimName(key, tokens)
    const known = claims.get(name)
    if (known && known.until > clock.now() && known.who !== who) {
      return known.who === 'over' ? 'over' : 'taken'
    }
    claims.set(name, { who, until: clock.now() + claimMs })
    return 'yours'
  }

  async unclaim(
    key: CacheKey,
    tokens: readonly MarkToken[],
    who: string,
    how: 'over' | 'free',
    claimMs: number,
  ): Promise<void> {
    await this.#pass({ method: 'unclaim', key })
    const { claims, clock } = this.#store
    const name = claimName(key, tokens)
    if (claims.get(name)?.who !== who) return
    if (how === 'free') claims.delete(name)
    else claims.set(name, { who: 'over', until: clock.now() + claimMs })
  }

  async *listMarks(prefix: string): AsyncIterable<readonly ListedMark[]> {
    await this.#pass({ method: 'list' })
    yield this.#store.marks.find(prefix).map((tag) => ({ mark: tag, tag }))
  }

  async *listEntries(): AsyncIterable<readonly ListedEntry[]> {
    await this.#pass({ method: 'list' })
    const { clock, entries } = this.#store
    const keys = [...entries].filter(([, entry]) => clock.now() - entry.since < entry.keepMs)
    yield keys.map(([key, entry]) => ({ key, entry: this.#entry(entry), bytes: entry.bytes }))
  }

  /** The process is gone: nobody renews its locks. */
  crash(): void {
    this.#unsubscribe()
    for (const [writer, tags] of this.#writers) this.#store.marks.abandon(tags, writer)
    this.#hasCrashed = true
  }

  async close(): Promise<void> {
    this.#unsubscribe()
  }

  #entry(entry: StoredEntry): SharedEntry {
    const ageMs = this.#store.clock.now() - entry.since
    const decode = () => this.#codec.decode(entry.stored)
    return { ...entry, ageMs, decode, keep: () => ({ bytes: entry.bytes, decode }) }
  }

  #read(tags: readonly Tag[], mints: boolean): readonly SharedMark[] {
    const { marks, minted } = this.#store
    return tags.map((tag) => {
      const reading = marks.read([tag])
      if (reading.state === 'locked') return 'locked'
      const token = reading.tokens[0]!
      if (mints) minted.add(token)
      return minted.has(token) ? token : 'absent'
    })
  }

  #speak<T>(act: (marks: InProcessMarks) => T): T {
    this.#isSpeaking = true
    try {
      return act(this.#store.marks)
    } finally {
      this.#isSpeaking = false
    }
  }

  async #pass(call: SharedCall): Promise<void> {
    this.calls.push(call)
    await this.hold(call)
    if (this.#hasCrashed) throw new Error('this process has crashed')
  }
}

function claimName(key: CacheKey, tokens: readonly MarkToken[]): string {
  return `${key}\n${tokens.join()}`
}
