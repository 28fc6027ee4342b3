import type { CompiledQuery, OperationNode } from 'kysely'
import type { QueryDescription, ReadDescription, Tables, WriteDescription } from '@tidemark/core'
import {
  type RawStatement,
  readRawStatement,
  type RowChange,
  type TransactionControl,
} from '@tidemark/sql'
import { findingsOfText, isUncertain } from './parsed-query.ts'
import { tablesOfSchemaChange } from './schema-change.ts'
import { type QueryFindings, type QuerySettings, tablesOfQuery } from './tables-of-query.ts'

/** Everything that is said of a query on the strength of its nodes and its SQL, never its parameters. */
export interface Analysis {
  readonly description: QueryDescription
  /** What a write does to the rows of its tables, where that is known. */
  readonly changes?: readonly RowChange[]
  /**
   * Set where the query is a write only because it calls a function that nobody knows: what it is to
   * whoever knows better, as a `cached` hint says. It then names the tables as well.
   */
  readonly vouched?: ReadDescription
  /**
   * Set where the query changes nothing but the connection that it is sent to: what it is to whoever
   * holds that connection, and reads nothing from the cache.
   */
  readonly onHeldConnection?: ReadDescription | undefined
  readonly control?: TransactionControl
  /** It may open or end a transaction, in text that says so or by itself, as DDL does on MySQL. */
  readonly maySwitchTransaction?: boolean
}

/** What a catalogue says of tables, keys, triggers and views is the same afterwards. */
const LEAVE_SCHEMA = new Set(['CreateIndexNode', 'DropIndexNode', 'RefreshMaterializedViewNode'])

const NOT_DATA: ReadDescription = { kind: 'read', tables: [], obstacle: 'not-data' }

/**
 * What a query reads and writes. The SQL text alone decides what a query does, so an analysis that is
 * true of one tree of nodes is true of every other that compiles to the same text.
 */
export function analyseQuery(
  { query, sql }: CompiledQuery,
  settings: QuerySettings,
  { supportsTransactionalDdl, hasOneConnection }: AdapterTraits,
): Analysis {
  const changed = tablesOfSchemaChange(query, settings.defaultSchema)
  if (changed) {
    return {
      description: {
        kind: 'write',
        tables: changed,
        takesEffect: 'at-once',
        opaqueBecause: 'it changes what others are made of',
        changesSchema: !LEAVE_SCHEMA.has(query.kind),
      },
      // SQLite deletes the rows first, and foreign keys act on that.
      ...(query.kind === 'DropTableNode' &&
        settings.dialect === 'sqlite' &&
        changed !== 'unknown' && {
          changes: changed.map((table) => ({ table, change: 'delete' as const })),
        }),
      maySwitchTransaction: !supportsTransactionalDdl,
    }
  }
  const analysis = analyseText(query, sql, settings)
  // Whoever holds the only connection sets it for everybody.
  return hasOneConnection ? { ...analysis, onHeldConnection: undefined } : analysis
}

function analyseText(query: OperationNode, sql: string, settings: QuerySettings): Analysis {
  const isRaw = query.kind === 'RawNode'
  const findings = tablesOfQuery(query, settings)
  const parsed = isRaw || isUncertain(findings) ? findingsOfText(sql, settings) : undefined
  if (parsed) return analyseFindings(parsed)
  return isRaw
    ? analyseRaw(readRawStatement(sql, settings.dialect), findings)
    : analyseFindings(findings)
}

/** What matters here of a Kysely adapter. */
export interface AdapterTraits {
  readonly supportsTransactionalDdl: boolean
  /** PGlite, SQLite: what is set on the connection is set for all. */
  readonly hasOneConnection: boolean
}

function opaqueWrite(opaqueBecause: string): WriteDescription {
  return { kind: 'write', tables: 'unknown', takesEffect: 'at-once', opaqueBecause }
}

function analyseRaw(statement: RawStatement, findings: QueryFindings): Analysis {
  switch (statement.kind) {
    case 'select':
      return analyseFindings(findings)
    case 'modify':
      return analyseFindings({ ...pick(findings), rawModifies: true })
    case 'control':
      return {
        description: opaqueWrite('it ends a transaction that was opened in raw SQL'),
        control: statement.control,
      }
    case 'not-data':
    case 'setting':
      // `set nocount on exec close_month`
      if (findings.unknownFunctions.size > 0 || findings.rawModifies) {
        return { description: opaqueWrite(reasonOf(findings)) }
      }
      return statement.kind === 'setting'
        ? { description: opaqueWrite(CHANGES_SESSION), onHeldConnection: NOT_DATA }
        : { description: NOT_DATA }
    case 'opaque': {
      const { changesSchema } = statement
      return {
        description: { ...opaqueWrite(reasonOf(findings)), changesSchema },
        maySwitchTransaction: true,
      }
    }
  }
}

/** Its getters and fields as a plain record. */
function pick(findings: QueryFindings): QueryFindings {
  const { reads, writes, changes, hidesReads, hidesWrites, rawModifies, obstacle } = findings
  const { unknownFunctions, changesSession } = findings
  return {
    ...{ reads, writes, changes, hidesReads, hidesWrites, rawModifies, obstacle },
    ...{ unknownFunctions, changesSession },
  }
}

function analyseFindings(findings: QueryFindings): Analysis {
  const { reads, writes, hidesReads, hidesWrites, rawModifies } = findings
  const { unknownFunctions, changesSession } = findings
  if (writes.size > 0 || hidesWrites || rawModifies) {
    if (changesSession) return { description: opaqueWrite(CHANGES_SESSION) }
    const opaqueBecause = reasonOf(findings)
    const tables = tablesWritten(findings)
    if (tables === 'unknown') {
      const found = [...writes, ...(rawModifies ? reads : [])]
      return { description: { kind: 'write', tables, found, opaqueBecause } }
    }
    // Of what is written in raw SQL not even that is known.
    const others = rawModifies ? tables.map((table) => ({ table, change: 'any' as const })) : []
    return {
      description: { kind: 'write', tables, opaqueBecause },
      changes: [...findings.changes, ...others],
    }
  }
  // What has no table has no data: `select 1` is how a health check asks whether the database is there.
  const obstacle =
    findings.obstacle ?? (reads.size === 0 && !hidesReads ? ('not-data' as const) : undefined)
  const read: ReadDescription = {
    kind: 'read',
    tables: hidesReads ? 'unknown' : [...reads],
    found: [...reads],
    ...(obstacle && { obstacle }),
  }
  if (unknownFunctions.size > 0) {
    return {
      description: { kind: 'write', tables: 'unknown', opaqueBecause: reasonOf(findings) },
      // What such a function reads is just as little known.
      vouched: {
        kind: 'read',
        tables: 'unknown',
        found: [...reads],
        ...(findings.obstacle && { obstacle: findings.obstacle }),
      },
    }
  }
  return changesSession
    ? { description: opaqueWrite(CHANGES_SESSION), onHeldConnection: read }
    : { description: read }
}

function tablesWritten(findings: QueryFindings): Tables {
  const { reads, writes, hidesReads, hidesWrites, rawModifies, unknownFunctions } = findings
  if (unknownFunctions.size > 0 || hidesWrites) return 'unknown'
  if (!rawModifies) return [...writes]
  // Raw SQL does not say which of its tables it writes.
  return hidesReads ? 'unknown' : [...new Set([...writes, ...reads])]
}

const CHANGES_SESSION = 'it changes the settings of a session'

/** Why it is not known what a query writes, for whoever reads the metrics. */
function reasonOf({ unknownFunctions, hidesWrites, hidesReads }: QueryFindings): string {
  if (unknownFunctions.size > 0) {
    const names = [...unknownFunctions].map((name) => `${name}()`).join(', ')
    return `it calls ${names}, which may write: see the option stableFunctions, or a hint's tables`
  }
  return hidesWrites || hidesReads
    ? "its text names tables: see sql.table, or a hint's tables"
    : 'its text may do anything'
}
