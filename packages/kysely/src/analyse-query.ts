import type { CompiledQuery } from 'kysely'
import type { QueryDescription, ReadDescription, Tables } from '@tidemark/core'
import { type RawStatement, readRawStatement, type TransactionControl } from '@tidemark/sql'
import { tablesOfSchemaChange } from './schema-change.ts'
import { type QueryFindings, type QuerySettings, tablesOfQuery } from './tables-of-query.ts'

/** Everything that is said of a query on the strength of its nodes and its SQL, never its parameters. */
export interface Analysis {
  readonly description: QueryDescription
  /**
   * Set where the query is a write only because it calls a function that nobody knows: what it is to
   * whoever knows better, as a `cached` hint says. It then names the tables as well.
   */
  readonly vouched?: ReadDescription
  /**
   * Set where the query changes nothing but the connection that it is sent to: what it is to whoever
   * holds that connection, and reads nothing from the cache.
   */
  readonly onHeldConnection?: ReadDescription
  readonly control?: TransactionControl
  /** It may open or end a transaction, in text that says so or by itself, as DDL does on MySQL. */
  readonly maySwitchTransaction?: boolean
}

const OPAQUE_WRITE: QueryDescription = { kind: 'write', tables: 'unknown', takesEffect: 'at-once' }
const NOT_DATA: ReadDescription = { kind: 'read', tables: [], obstacle: 'not-data' }

/**
 * What a query reads and writes. The SQL text alone decides what a query does, so an analysis that is
 * true of one tree of nodes is true of every other that compiles to the same text.
 */
export function analyseQuery(
  { query, sql }: CompiledQuery,
  settings: QuerySettings,
  supportsTransactionalDdl: boolean,
): Analysis {
  const changed = tablesOfSchemaChange(query, settings.defaultSchema)
  if (changed) {
    return {
      description: { kind: 'write', tables: changed, takesEffect: 'at-once' },
      maySwitchTransaction: !supportsTransactionalDdl,
    }
  }
  const findings = tablesOfQuery(query, settings)
  if (query.kind !== 'RawNode') return analyseFindings(findings)
  return analyseRaw(readRawStatement(sql, settings.dialect), findings)
}

function analyseRaw(statement: RawStatement, findings: QueryFindings): Analysis {
  switch (statement.kind) {
    case 'select':
      return analyseFindings(findings)
    case 'modify':
      return analyseFindings({ ...pick(findings), rawModifies: true })
    case 'control':
      return { description: OPAQUE_WRITE, control: statement.control }
    case 'not-data':
    case 'setting':
      // `set nocount on exec close_month`
      if (findings.callsUnknownFunction || findings.rawModifies) {
        return { description: OPAQUE_WRITE }
      }
      return statement.kind === 'setting'
        ? { description: OPAQUE_WRITE, onHeldConnection: NOT_DATA }
        : { description: NOT_DATA }
    case 'opaque':
      return { description: OPAQUE_WRITE, maySwitchTransaction: true }
  }
}

/** Its getters and fields as a plain record. */
function pick(findings: QueryFindings): QueryFindings {
  const { reads, writes, hidesReads, hidesWrites, rawModifies, callsUnknownFunction, obstacle } =
    findings
  return { reads, writes, hidesReads, hidesWrites, rawModifies, callsUnknownFunction, obstacle }
}

function analyseFindings(findings: QueryFindings): Analysis {
  const { reads, writes, hidesReads, hidesWrites, rawModifies, callsUnknownFunction } = findings
  if (writes.size > 0 || hidesWrites || rawModifies) {
    return { description: { kind: 'write', tables: tablesWritten(findings) } }
  }
  // What has no table has no data: `select 1` is how a health check asks whether the database is there.
  const obstacle =
    findings.obstacle ?? (reads.size === 0 && !hidesReads ? ('not-data' as const) : undefined)
  const read: ReadDescription = {
    kind: 'read',
    tables: hidesReads ? 'unknown' : [...reads],
    ...(obstacle && { obstacle }),
  }
  if (!callsUnknownFunction) return { description: read }
  return {
    description: { kind: 'write', tables: 'unknown' },
    // What such a function reads is just as little known.
    vouched: {
      kind: 'read',
      tables: 'unknown',
      ...(findings.obstacle && { obstacle: findings.obstacle }),
    },
  }
}

function tablesWritten(findings: QueryFindings): Tables {
  const { reads, writes, hidesReads, hidesWrites, rawModifies, callsUnknownFunction } = findings
  if (callsUnknownFunction || hidesWrites) return 'unknown'
  if (!rawModifies) return [...writes]
  // Raw SQL does not say which of its tables it writes.
  return hidesReads ? 'unknown' : [...new Set([...writes, ...reads])]
}
