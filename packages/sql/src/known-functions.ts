import type { FunctionNames } from './functions/function-names.ts'
import { MSSQL } from './functions/mssql.ts'
import { MYSQL } from './functions/mysql.ts'
import { POSTGRES_EXTENSIONS } from './functions/postgres-extensions.ts'
import { POSTGRES } from './functions/postgres.ts'
import { SQLITE } from './functions/sqlite.ts'
import { TYPES } from './functions/types.ts'
import type { SqlDialect } from './sql-dialect.ts'

/**
 * What the databases' own functions do. Whoever reads SQL cannot tell `lower(name)` from `pay(invoice)`:
 * either may be a function that somebody wrote, and such a function may write. So a name counts as
 * harmless only if this dialect has it or the options list it; every other one makes a query a write.
 */
export type FunctionEffect =
  /** Reads nothing but its arguments, and answers the same each time. */
  | 'stable'
  /** Writes to no table, but answers differently each time, or per session. */
  | 'volatile'
  /** Changes what the same session answers from now on. */
  | 'setting'
  | 'unknown'

/** What is known of functions. */
export interface FunctionEffects {
  /** @param argumentCount how many arguments it is called with, as far as that matters: 2 for more */
  effectOf(name: string, argumentCount: number): FunctionEffect
  /** Whether a person has said what functions of this name do. */
  declares?(name: string): boolean
}

/** The functions of one dialect together with those that the options name. */
export class KnownFunctions implements FunctionEffects {
  readonly #dialect: SqlDialect
  readonly #stable: ReadonlySet<string>
  readonly #volatile: ReadonlySet<string>
  readonly #declared: ReadonlySet<string>

  /** @param own written with their schema where queries do so */
  constructor(
    dialect: SqlDialect,
    own: { readonly stable?: readonly string[]; readonly volatile?: readonly string[] } = {},
  ) {
    const { stable = [], volatile = [] } = own
    this.#dialect = dialect
    this.#declared = new Set([...stable, ...volatile].map(lower))
    this.#stable = new Set([...namesOf(dialect, 'stable'), ...TYPES, ...stable.map(lower)])
    this.#volatile = new Set([...namesOf(dialect, 'volatile'), ...volatile.map(lower)])
  }

  declares(name: string): boolean {
    return this.#declared.has(lower(name))
  }

  effectOf(name: string, argumentCount: number): FunctionEffect {
    const known = this.#unqualified(lower(name))
    if (this.#dialect === 'postgres' && SETTING.has(known)) return 'setting'
    if (argumentCount < (ARGUMENTS_WITHOUT_NOW[known] ?? 0)) return 'volatile'
    if (this.#volatile.has(known)) return 'volatile'
    // SQLite has the pragmas that change nothing as functions as well.
    if (this.#dialect === 'sqlite' && known.startsWith('pragma_')) return 'volatile'
    return this.#stable.has(known) ? 'stable' : 'unknown'
  }

  /** Without the schema that built-in functions are in. With another, a name is somebody's own, whatever it is. */
  #unqualified(name: string): string {
    const [schema, rest, more] = name.split('.')
    if (schema === undefined || rest === undefined || more !== undefined) return name
    if (this.#dialect === 'mssql' && schema === 'sys') return rest
    if (this.#dialect !== 'postgres') return name
    const isBuiltIn = schema === 'pg_catalog'
    const isExtension = SCHEMAS_OF_EXTENSIONS.has(schema) && EXTENSION_NAMES.has(rest)
    return isBuiltIn || isExtension ? rest : name
  }
}

const BY_DIALECT: Readonly<Record<Exclude<SqlDialect, 'other'>, readonly FunctionNames[]>> = {
  postgres: [POSTGRES, POSTGRES_EXTENSIONS],
  mysql: [MYSQL],
  sqlite: [SQLITE],
  mssql: [MSSQL],
}

const EXTENSION_NAMES: ReadonlySet<string> = new Set([
  ...POSTGRES_EXTENSIONS.stable,
  ...POSTGRES_EXTENSIONS.volatile,
  'set_limit',
])
const SCHEMAS_OF_EXTENSIONS: ReadonlySet<string> = new Set(['public', 'extensions'])

function namesOf(dialect: SqlDialect, effect: keyof FunctionNames): readonly string[] {
  if (dialect !== 'other') return BY_DIALECT[dialect].flatMap((names) => names[effect])
  // Of a database that nobody knows: what at least two others have.
  const counts = new Map<string, number>()
  for (const names of [POSTGRES, MYSQL, SQLITE, MSSQL]) {
    for (const name of names[effect]) counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return [...counts].filter(([, count]) => count > 1).map(([name]) => name)
}

/** `set_config('search_path', …, true)` sets nothing but for the transaction that it is in. */
const SETTING: ReadonlySet<string> = new Set(['set_config', 'set_limit'])

/** With fewer arguments these take the present moment. */
const ARGUMENTS_WITHOUT_NOW: Readonly<Record<string, number>> = {
  date: 1,
  time: 1,
  datetime: 1,
  julianday: 1,
  unixepoch: 1,
  strftime: 2,
  age: 2,
}

function lower(name: string): string {
  return name.toLowerCase()
}
