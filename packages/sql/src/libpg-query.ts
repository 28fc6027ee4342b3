import { loadModule, parseSync } from 'libpg-query'
import { readPostgresTree } from './postgres-tree.ts'
import { lexSql } from './sql-lexer.ts'
import type { SqlParser } from './sql-parser.ts'

/** Longer texts are lists of values. */
const MAX_LENGTH = 50_000

/**
 * PostgreSQL's own parser, for the option `parser` of `withCache`: raw SQL then shows which tables it reads and writes,
 * and which functions it calls. It needs the package `libpg-query` beside this one (WebAssembly, no native code), and
 * loads it once. Each SQL text is parsed once, not each time it runs.
 *
 * @throws whatever loading WebAssembly throws
 * @example
 * import { postgresParser } from '@tidemark/kysely/libpg-query'
 * const db = withCache(kysely, cache, { parser: await postgresParser() })
 */
export async function postgresParser(): Promise<SqlParser> {
  await loadModule()
  return {
    dialect: 'postgres',
    parse: (sql) => {
      // Where a backslash may end a string or not, the parser knows one setting of the server, and we none.
      if (sql.length > MAX_LENGTH || !lexSql([sql], 'postgres').clear) return undefined
      try {
        return readPostgresTree(parseSync(sql))
      } catch {
        // No Postgres, or a newer one; or nested more deeply than the stack is.
        return undefined
      }
    },
  }
}
