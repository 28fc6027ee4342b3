import { addDeleted, addUpdated, columnsSetBy, fires } from './consequences.ts'
import { fold } from './fold.ts'
import type {
  Change,
  ForeignKey,
  FunctionVolatility,
  Obstacle,
  Relation,
  RowChange,
} from './relation.ts'
import { type ReachedTable, WrittenRows } from './written-rows.ts'

/** What a read of some relations depends on. */
export interface RelationsRead {
  /** Physical names, those that were asked for included. */
  readonly tables: readonly string[]
  readonly obstacle?: Obstacle | 'unknown-relation' | undefined
}

/** What a write to some relations changes. */
export interface RelationsWritten {
  /** Physical names, those that were asked for included. */
  readonly tables: readonly string[]
  /** How it comes to the others, each after the one that it follows from. */
  readonly reached: readonly ReachedTable[]
}

export interface CatalogueContent {
  readonly relations: Iterable<Relation>
  readonly functions?: ReadonlyMap<string, FunctionVolatility>
}

export interface CatalogueOptions {
  /** The schema that is left out of physical names. */
  readonly defaultSchema: string | undefined
  /** Whether reads say whose rows they see, so that row-level security is no obstacle. */
  readonly isPartitioned: boolean
  /** By table: the tables that its triggers and rules change, as a person says. It replaces what is found. */
  readonly sideEffects: Readonly<Record<string, readonly string[]>>
  /** `false` where no catalogue was read: a relation that is not in it is then no surprise. */
  readonly isComplete: boolean
}

/** The relations of a database: what a read of one depends on, and what a write to one changes. */
export class Catalogue {
  /** Several where databases, or letter case, tell apart what physical names do not. */
  readonly #relations = new Map<string, Relation[]>()
  readonly #byBareName = new Map<string, Relation[]>()
  readonly #declared = new Map<string, readonly string[]>()
  readonly #functions: ReadonlyMap<string, FunctionVolatility>
  readonly #options: CatalogueOptions

  constructor({ relations, functions = new Map() }: CatalogueContent, options: CatalogueOptions) {
    this.#options = options
    this.#functions = functions
    for (const relation of relations) {
      append(this.#relations, fold(relation.name), relation)
      append(this.#byBareName, fold(relation.bareName), relation)
    }
    for (const [table, writes] of Object.entries(options.sideEffects)) {
      this.#declared.set(this.#physical(table), writes)
    }
  }

  /** @param name of a function, with its schema where the query has it */
  volatilityOf(name: string): FunctionVolatility | undefined {
    return this.#functions.get(fold(name))
  }

  /**
   * Everything that a read of these reads, and why it must not be cached, if so.
   *
   * @param isPartitioned as in the options, where readers differ
   */
  reads(
    names: readonly string[],
    { isPartitioned }: Pick<CatalogueOptions, 'isPartitioned'> = this.#options,
  ): RelationsRead {
    const tables = new Set<string>()
    const visited = new Set<string>()
    let obstacle: RelationsRead['obstacle']
    const visit = (name: string): void => {
      const physical = this.#physical(name)
      if (visited.has(physical)) return
      visited.add(physical)
      tables.add(physical)
      const relations = this.#find(physical)
      if (!this.#isKnown(physical)) obstacle ??= 'unknown-relation'
      for (const relation of relations) {
        obstacle ??= obstacleOf(relation, isPartitioned)
        tables.add(fold(relation.name))
        for (const other of relation.reads) visit(other)
      }
    }
    for (const name of names) visit(name)
    return { tables: [...tables], obstacle }
  }

  /**
   * Every table that these changes change, by whatever the database does by itself. `'unknown'`: all.
   *
   * @param isFollowed foreign keys that have been followed from these changes already, by whoever knows better which
   *   columns change; `table` is what they refer to
   */
  writes(
    changes: readonly RowChange[],
    isFollowed: (table: string, key: ForeignKey) => boolean = () => false,
  ): RelationsWritten | 'unknown' {
    const tables = new Set<string>()
    const rows = new WrittenRows()
    let isKnown = true
    for (const { table, change, columns } of changes) {
      const physical = this.#physical(table)
      tables.add(physical)
      isKnown &&= this.#addConsequences(rows, physical, change, columns, isFollowed)
    }
    for (let next = rows.next(); next && isKnown; next = rows.next()) {
      isKnown = this.#addConsequences(rows, next.table, next.change, next.columns, () => false)
    }
    if (!isKnown) return 'unknown'
    const reached = rows.reached.filter(({ table }) => !tables.has(table))
    return { tables: [...tables, ...reached.map(({ table }) => table)], reached }
  }

  /** What the database does when rows of one table change. `false`: that is not known. */
  #addConsequences(
    rows: WrittenRows,
    table: string,
    change: Change,
    columns: readonly string[] | undefined,
    isFollowed: (table: string, key: ForeignKey) => boolean,
  ): boolean {
    const relations = this.#find(table)
    const declared = this.#declared.get(table)
    if (!this.#isKnown(table)) return false
    rows.from = table
    for (const written of declared ?? []) rows.add(this.#physical(written), 'any', 'sideEffects')
    for (const relation of relations) {
      if (fold(relation.name) !== table) {
        rows.add(fold(relation.name), change, 'one of its name', columns)
      }
      const triggers = relation.triggers.filter((trigger) => fires(trigger, change))
      for (const { writes, kind = 'trigger' } of declared ? [] : triggers) {
        if (writes === 'unknown') return false
        for (const written of writes) rows.add(this.#physical(written), 'any', kind)
      }
      if (relation.replacesRows && change !== 'delete') rows.add(table, 'delete', 'replace')
      // An update may move a row from one partition to another.
      const below = change === 'update' ? 'any' : change
      for (const other of relation.writes)
        rows.add(this.#physical(other), below, 'view or partition')
      const own = columnsSetBy(triggers)
      for (const key of relation.keys) {
        const dependent = this.#physical(key.table)
        const followed = isFollowed(table, { ...key, table: dependent })
        if (!followed) addDeleted(rows, dependent, key, change)
        const named = change === 'any' ? undefined : columns
        const both = named && own && [...named, ...own]
        addUpdated(rows, dependent, key, change, followed ? own : both)
      }
    }
    return true
  }

  /** The tables whose rows change when these are defined anew: their partitions have the same columns. */
  defines(names: readonly string[]): readonly string[] {
    return this.reads(names).tables
  }

  /**
   * The primary key of a table whose rows are exactly what a statement that writes them gives back, as long as it leaves that
   * key alone: nothing else writes them in the same breath, neither triggers nor keys that refer to itself, nor a row of the
   * same statement that is put in their place. Undefined where
   * that is not so, or not known.
   */
  primaryKeyOfPlain(table: string): readonly string[] | undefined {
    const physical = this.#physical(table)
    const [relation, ...others] = this.#find(physical)
    if (!relation?.primaryKey || others.length > 0 || this.#declared.has(physical)) return undefined
    const { obstacle, replacesRows, triggers, reads, writes, keys, primaryKey } = relation
    const isPlain =
      obstacle === undefined &&
      !replacesRows &&
      triggers.length + reads.length + writes.length === 0 &&
      keys.every(
        ({ table: holder, onUpdate, references }) =>
          this.#physical(holder) !== physical ||
          onUpdate === 'nothing' ||
          references?.every((column) => primaryKey.includes(column)),
      )
    return isPlain ? primaryKey : undefined
  }

  /** Whether it has them all. */
  hasAll(names: readonly string[]): boolean {
    return names.every((name) => this.#isKnown(this.#physical(name)))
  }

  /** What is declared is known, even where it is temporary and no catalogue has it. */
  #isKnown(table: string): boolean {
    return !this.#options.isComplete || this.#declared.has(table) || this.#find(table).length > 0
  }

  /**
   * The relations that a name may mean. A name without a schema that the default schema does not have may mean one of any:
   * which one depends on the session.
   */
  #find(name: string): readonly Relation[] {
    const physical = this.#physical(name)
    const found = this.#relations.get(physical)
    if (found) return found
    const { defaultSchema } = this.#options
    if (!physical.includes('.')) return this.#byBareName.get(physical) ?? []
    return defaultSchema === undefined
      ? (this.#byBareName.get(physical.slice(physical.lastIndexOf('.') + 1)) ?? [])
      : []
  }

  #physical(name: string): string {
    const folded = fold(name)
    const prefix = `${fold(this.#options.defaultSchema ?? '')}.`
    return folded.startsWith(prefix) ? folded.slice(prefix.length) : folded
  }
}

function obstacleOf({ obstacle }: Relation, isPartitioned: boolean): Obstacle | undefined {
  return obstacle === 'row-level-security' && isPartitioned ? undefined : obstacle
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const values = map.get(key)
  if (values) values.push(value)
  else map.set(key, [value])
}
