/**
 * Why a read that came in was not looked up in the cache, or its result not stored. A closed set:
 * whoever reads the metrics can tell each one apart.
 */
export type BypassReason =
  /** Neither a hint nor a policy of its tables asks for it to be cached. */
  | 'no-policy'
  /** A table that it reads has the policy `false`. */
  | 'policy-off'
  /** Its hint is `uncached()` or `cache: false`. */
  | 'bypass-hint'
  /** It runs in an explicit transaction: it may see what is not committed, or an old snapshot. */
  | 'in-transaction'
  /** It runs on a connection of its own, whose session settings or open transaction are unknown. */
  | 'pinned-connection'
  /** `FOR UPDATE` and the like. */
  | 'locking-read'
  /** It calls a function that answers differently each time, or per session. */
  | 'volatile-function'
  /** Its text could not be understood, and no `tables` hint says what it reads. */
  | 'opaque-sql'
  /** The database's catalogue could not be read, so what it reads beside its tables is not known. */
  | 'no-catalogue'
  /** It reads a table that the database's catalogue does not have. */
  | 'unknown-relation'
  /** It reads a view that answers differently each time, or whose text could not be understood. */
  | 'volatile-view'
  /** It asks a replica, whose rows may be older than what was acknowledged. */
  | 'replica'
  /** It reads a table whose rows are kept elsewhere. */
  | 'foreign-table'
  /** It reads a table with row-level security, and no `partition` says whose rows it sees. */
  | 'row-level-security'
  /** Its rows are streamed. */
  | 'stream'
  /** It asks about the database, not its data: a query plan, the catalogue. */
  | 'not-data'
  /** A parameter has no canonical encoding, makes too long a key, or was changed while the query ran. */
  | 'unkeyable-parameter'
  /** The `partition` function answered `undefined`, or with another name when the answer was there. */
  | 'no-partition'
  /** A writer is between its intent and its release on a table that it reads. */
  | 'marks-locked'
  /** The result is larger than `maxEntryBytes`. */
  | 'too-large'
  /** The result contains a value of a class that cannot be copied with certainty. */
  | 'unstorable-value'
  /** A hit of its tables was found to be stale, and `verify` says that this ends their caching. */
  | 'switched-off'
  /** It presents a ticket for a write that the shared tier could not be told of. */
  | 'unconfirmed-ticket'
  /** The tier or the marks failed to answer; the database did. */
  | 'tier-down'
  /** The cache was closed. */
  | 'closed'

/** How a read was answered without asking the database for it. */
export type HitKind =
  /** From the memory tier. */
  | 'memory'
  /** From the shared tier. */
  | 'shared'
  /** By the answer to the same query that was already on its way. */
  | 'joined'
  /** By what another process has loaded meanwhile, see `coalesce`. */
  | 'waited'
  /** By what is a little too old, while it is loaded anew: see `staleWhileRevalidate`. */
  | 'stale'
  /** By what is too old, since the database failed: see `staleIfError`. */
  | 'stale-on-error'
  /** By what is too old, since the database took too long: see `softTimeout` and `hardTimeout`. */
  | 'stale-on-timeout'

/** Why what a read looked up could not be served: it went to the database, unless its `mode` is `'only-if-cached'`. */
export type MissReason =
  /** Nothing is stored: never was, or made room for something else. */
  | 'absent'
  /** Its time to live has ended. */
  | 'expired'
  /** Its hint asks for it to be loaded anew: `mode: 'refresh'`. */
  | 'refresh'
  /** Something that it depends on was written. */
  | 'marks-moved'
  /** What is stored cannot be read back. */
  | 'corrupt-entry'
  /** What is stored was written by another version, or with another key of encryption. */
  | 'foreign-entry'
