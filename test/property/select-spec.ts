import type { ColumnType } from './column-types.ts'

// A SELECT of Kysely as plain data.

export type Source =
  | { readonly table: string; readonly isQualified: boolean }
  | { readonly view: string }
  | { readonly expression: string }
  | { readonly select: Select }

export interface Joined {
  readonly alias: string
  readonly source: Source
  /** The first source has none. */
  readonly join?: {
    readonly how: 'inner' | 'left' | 'right' | 'full' | 'cross' | 'lateral'
    readonly on?: readonly [string, string]
  }
}

export type Condition =
  | { readonly column: string; readonly is: string; readonly value: Parameter }
  | { readonly column: string; readonly equals: string }
  | { readonly column: string; readonly isNull: boolean }
  | {
      readonly column: string
      readonly among: readonly Parameter[] | Select
      readonly not: boolean
    }
  | { readonly exists: Select; readonly not: boolean }
  | { readonly or: readonly Condition[] }
  | { readonly not: Condition }
  /** The same in raw SQL: a comparison, or a subquery whose table is a node or text. */
  | { readonly raw: 'compare'; readonly column: string; readonly value: Parameter }
  | { readonly raw: 'node' | 'text'; readonly table: string; readonly not: boolean }

export interface Parameter {
  readonly type: ColumnType
  readonly value: unknown
}

export type Expression =
  | { readonly column: string }
  | { readonly aggregate: 'count' | 'sum' | 'min' | 'max'; readonly column: string }
  | { readonly countAll: true }
  | { readonly scalar: Select }
  | { readonly json: 'array' | 'object'; readonly select: Select }
  | { readonly exists: Select }
  | { readonly coalesce: string; readonly value: Parameter }
  | { readonly rawLower: string }
  | { readonly nothing: true }

export interface Output {
  readonly as: string
  readonly expression: Expression
}

export interface Select {
  readonly expressions: readonly { readonly name: string; readonly select: Select }[]
  readonly sources: readonly Joined[]
  readonly where: readonly Condition[]
  /** `'all'`: `select *`. */
  readonly outputs: readonly Output[] | 'all'
  readonly isDistinct: boolean
  /** References of GROUP BY. */
  readonly groupBy: readonly string[]
  readonly having: boolean
  readonly combined?: {
    readonly how: 'union' | 'unionAll' | 'intersect' | 'except'
    readonly with: Select
  }
  /** Behind an ORDER BY that leaves no choice. */
  readonly page?: {
    readonly order: readonly string[]
    readonly descending: boolean
    readonly limit: number
    readonly offset: number
  }
}

/** Whether the statement says in which order its rows are. */
export function hasOrder(select: Select): boolean {
  return select.page !== undefined
}
