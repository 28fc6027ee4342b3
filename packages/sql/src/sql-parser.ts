import type { SqlDialect } from './sql-dialect.ts'

/**
 * Understands whole statements of one dialect, where the rules for raw text only know that they do not. It is optional,
 * and what it does not answer for is judged by those rules.
 */
export interface SqlParser {
  readonly dialect: SqlDialect
  /**
   * What a single SELECT, VALUES, TABLE, INSERT, UPDATE, DELETE, MERGE or TRUNCATE does. Undefined for every other
   * statement, for several in one text, and for what it cannot read. It never throws.
   */
  parse(sql: string): ParsedStatement | undefined
}

export interface ParsedStatement {
  /** Tables that are named anywhere but as a target. What a common table expression defines is none of them. */
  readonly reads: readonly TableName[]
  /** The targets of INSERT, UPDATE, DELETE, MERGE and TRUNCATE, at any depth. */
  readonly writes: readonly TableName[]
  readonly calls: readonly FunctionCall[]
  /** `FOR UPDATE` and the like. */
  readonly isLocking: boolean
  /** It has `CURRENT_DATE` and the like, a moment such as `'today'`, or TABLESAMPLE. */
  readonly isVolatile: boolean
}

export interface TableName {
  readonly schema: string | undefined
  readonly name: string
}

export interface FunctionCall {
  /** With its schema, where the text has one. */
  readonly name: string
  readonly argumentCount: number
  /** Its last argument is `true`, which makes `set_config` one for its transaction only. */
  readonly endsWithTrue: boolean
}
