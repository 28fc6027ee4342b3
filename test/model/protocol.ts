/**
 * The rules of the protocol, each beside the way in which a cache that does not keep it would do.
 * `theProtocol` keeps all of them. docs/protocol.md says what each is for.
 */
export interface Protocol {
  /** What a write does if Redis does not answer its INTENT, or, `fresh`, that it has none. */
  readonly mode: 'strict' | 'available' | 'fresh'
  /** `invalidate, then commit`: the marks move before the write and not after it. */
  readonly write: 'intent, commit, release' | 'invalidate, then commit'
  readonly tokensTaken: 'before the database is read' | 'when the answer is stored'
  readonly flightsKeyedBy: 'query and tokens' | 'query'
  readonly missingMark: 'miss' | 'valid'
  readonly tokens: 'random' | 'counted'
  /** With which epoch a token is compared: that of the connection it came by, or of the first one. */
  readonly epoch: 'of the connection' | 'read once' | 'ignored'
  readonly lockedMark: 'bypass' | 'served'
  readonly release: 'own lock' | 'whole mark'
  /** `mint`: the script makes the next token, so that the next reader need not. */
  readonly releaseLeaves: 'nothing' | 'a new token'
  readonly marksReadFrom: 'primary' | 'replica'
  /** Whether a read may share the answer to a lookup that another has sent before it began. */
  readonly lookups: 'each its own' | 'joined under way'
  /** The order in which a reader on a Cluster asks for the value and for the marks. */
  readonly clusterOrder: 'any' | 'value first' | 'marks first'
  readonly rollbackToSavepoint: 'keeps the tags' | 'drops the tags since'
  readonly readsInTransaction: 'never fill' | 'fill'
  /** What `abandon` does: hold the marks for one more lease, or leave what INTENT has done. */
  readonly abandon: 'locks' | 'does nothing'
  /** Whether a process remembers the marks that it could not release, and bypasses until it can. */
  readonly owedReleases: 'bypass' | 'forgotten'
  /** When a process forgets what its own writers change. */
  readonly ownWritesForget: 'before and after' | 'after' | 'before'
  /** Whether memory refuses what was looked up before word came that its marks have moved. */
  readonly fence: 'kept' | 'none'
  /** What memory does when it learns that it has missed messages. */
  readonly gapInMessages: 'forget all' | 'ignored'
  /** From when the age of a validation counts. */
  readonly validatedWhen: 'sent' | 'answered'
  readonly writeThrough: WriteThrough
}

export interface WriteThrough {
  /** Off, or whether RELEASE asks that no other writer held the mark meanwhile. */
  readonly when: 'never' | 'alone' | 'always'
  /** A RELEASE that leaves the lock of another writer tells that one that it was not alone. */
  readonly leavingTellsOthers: boolean
  /** An INTENT that finds its own lock gone (a renewal) counts as not alone. */
  readonly renewalTells: boolean
  /** A RELEASE under another epoch than its INTENT only deletes: the flag may have been lost with the rest. */
  readonly onlyInEpochOfIntent: boolean
  /** When the tokens of marks that the writer does not hold are taken. */
  readonly otherTokensTaken: 'with INTENT' | 'with RELEASE'
  /** When the value was read that is stored: in the time of the lock, or before. */
  readonly valueReadAfter: 'INTENT' | 'the start of the transaction'
  /** In the RELEASE, or by a SET of its own under the token that RELEASE gave back. */
  readonly stored: 'with RELEASE' | 'by a SET after it'
}

const noWriteThrough: WriteThrough = {
  when: 'never',
  leavingTellsOthers: true,
  renewalTells: true,
  onlyInEpochOfIntent: true,
  otherTokensTaken: 'with INTENT',
  valueReadAfter: 'INTENT',
  stored: 'with RELEASE',
}

export const safeWriteThrough: WriteThrough = { ...noWriteThrough, when: 'alone' }

export const theProtocol: Protocol = {
  mode: 'strict',
  write: 'intent, commit, release',
  tokensTaken: 'before the database is read',
  flightsKeyedBy: 'query and tokens',
  missingMark: 'miss',
  tokens: 'random',
  epoch: 'of the connection',
  lockedMark: 'bypass',
  release: 'own lock',
  releaseLeaves: 'nothing',
  marksReadFrom: 'primary',
  lookups: 'each its own',
  clusterOrder: 'any',
  rollbackToSavepoint: 'keeps the tags',
  readsInTransaction: 'never fill',
  abandon: 'locks',
  owedReleases: 'bypass',
  ownWritesForget: 'before and after',
  fence: 'kept',
  gapInMessages: 'forget all',
  validatedWhen: 'sent',
  writeThrough: noWriteThrough,
}
