/** What happens to rows: `'any'` where it is not known which of the three. */
export type Change = 'insert' | 'update' | 'delete' | 'any'

/** A change of rows of one table. */
export interface RowChange {
  /** As the query names it: a physical name (see `physicalTable` of core), or as a person writes it. */
  readonly table: string
  readonly change: Change
  /** The columns that an update sets, in any case of letters. Default: any. */
  readonly columns?: readonly string[] | undefined
}

/** A table, view or the like, and what the database does by itself around it. */
export interface Relation {
  /** Its physical name. */
  readonly name: string
  /** Its name without a schema. */
  readonly bareName: string
  /** What a read of it reads as well: what a view selects from, the partitions of a table. */
  readonly reads: readonly string[]
  /** What a write to it writes as well, in the same way: its partitions, the tables behind a view. */
  readonly writes: readonly string[]
  /** The foreign keys that refer to it. */
  readonly keys: readonly ForeignKey[]
  /** What a change of it makes the database do. */
  readonly triggers: readonly Trigger[]
  /** Why its rows must not be cached, on the strength of itself alone. */
  readonly obstacle?: Obstacle | undefined
  /** An insert or update may delete the rows that are in its way. */
  readonly replacesRows?: boolean
  /** The columns of its primary key, where it is a table and that is known. */
  readonly primaryKey?: readonly string[] | undefined
}

/** Words of core's `BypassReason`. */
export type Obstacle = 'replica' | 'volatile-view' | 'foreign-table' | 'row-level-security'

/** A foreign key, seen from the table that it refers to. */
export interface ForeignKey {
  /** The table that holds it. */
  readonly table: string
  /** What becomes of the rows that refer to a row which is deleted. */
  readonly onDelete: KeyAction
  /** What becomes of them when the columns that they refer to are changed. */
  readonly onUpdate: KeyAction
  /** The columns that it refers to. `undefined`: not known, so any. */
  readonly references: readonly string[] | undefined
  /** The columns that it consists of. `undefined`: not known, so any. */
  readonly columns: readonly string[] | undefined
  /** What the schema says of both, such as `set null`. Default: `cascade`. */
  readonly rules?: { readonly onDelete: string; readonly onUpdate: string }
}

/** The rows that refer are left alone, changed (cascade of an update, set null, set default), or deleted. */
export type KeyAction = 'nothing' | 'update' | 'delete'

/** A trigger or a rule. */
export interface Trigger {
  readonly on: readonly Change[]
  /** The tables that it may change. `'unknown'`: all of them. */
  readonly writes: readonly string[] | 'unknown'
  /** The columns of the row itself that it may set, beside those of the statement. Default: none. `'any'`: not known. */
  readonly sets?: readonly string[] | 'any'
  /** What it is. Default: a trigger. */
  readonly kind?: 'rule' | 'column default'
}

/** What a function of the user's does, as far as the database says. */
export type FunctionVolatility = 'immutable' | 'stable' | 'volatile'
