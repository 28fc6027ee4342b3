import { expect, it } from 'vitest'
import { MYSQL } from '../../../packages/sql/src/functions/mysql.ts'
import { POSTGRES } from '../../../packages/sql/src/functions/postgres.ts'
import { SQLITE } from '../../../packages/sql/src/functions/sqlite.ts'
import { describeDatabase } from '../../support/databases.ts'

/** Those of `names` that are not in a column of what a query answers. */
async function missing(
  names: readonly string[],
  rows: Promise<readonly { readonly name: string }[]>,
): Promise<string[]> {
  const known = new Set((await rows).map(({ name }) => name.toLowerCase()))
  return names.filter((name) => !known.has(name))
}

describeDatabase('pglite', 'The functions that count as known on Postgres', (database) => {
  it('are in its catalogue or its grammar, and those that only compute are not volatile', async () => {
    const builtIn = (condition: string) =>
      database.sql<{ name: string }>(
        `select proname as name from pg_proc where pronamespace = 'pg_catalog'::regnamespace
         group by 1 having ${condition}
         union select word from pg_get_keywords() where catcode <> 'U'`,
      )
    const onlyComputes = builtIn(`not bool_or(provolatile = 'v')`)
    expect(await missing(POSTGRES.stable, onlyComputes)).toEqual(['cube', 'rollup'])
    expect(await missing(POSTGRES.volatile, builtIn('true'))).toEqual([])
  })
})

describeDatabase('sqlite', 'The functions that count as known on SQLite', (database) => {
  it('are those of the library, its table functions and its grammar', async () => {
    const builtIn = database.sql<{ name: string }>(
      'select name from pragma_function_list union select name from pragma_module_list',
    )
    const grammar = ['cast', 'exists', 'in', 'not', 'row', 'values']
    const tables = ['json_each', 'json_tree', 'jsonb_each', 'jsonb_tree']
    expect((await missing([...SQLITE.stable, ...SQLITE.volatile], builtIn)).toSorted()).toEqual(
      [...grammar, ...tables].toSorted(),
    )
  })
})

describeDatabase('mariadb', 'The functions that count as known on MySQL', (database) => {
  it('are, but for those of MySQL and the grammar, functions of MariaDB', async () => {
    const builtIn = database.sql<{ name: string }>(
      `select function as name from information_schema.sql_functions
       union select word from information_schema.keywords`,
    )
    const names = [...MYSQL.stable, ...MYSQL.volatile].filter((name) => !/^(st_|mbr)/.test(name))
    // What only MySQL has, as its manual lists it.
    expect((await missing(names, builtIn)).toSorted()).toEqual(
      `any_value bin_to_uuid format_bytes geomcollection geometrycollection grouping is_uuid json_schema_valid
      json_schema_validation_report json_storage_free json_storage_size linestring multilinestring multipoint multipolygon
      point polygon ps_current_thread_id regexp_like statement_digest uuid_to_bin`.split(/\s+/),
    )
  })
})
