/** Keywords that the rules for raw SQL turn on, in lower case. */

export function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/))
}

export const ENDS_TABLE_LIST = words(`
  where group having order limit offset fetch for window union intersect except minus returning set select
  values when qualify connect start option output
`)

export const TAKES_FROM = words('extract substring substr trim ltrim rtrim btrim overlay position')

export const LOCK_STRENGTHS = words('update share no key')

/** Table hints of SQL Server, and what follows a lock elsewhere. */
export const LOCK_WORDS = words(
  'updlock xlock tablock tablockx holdlock rowlock paglock readpast nowait',
)

export const VOLATILE_WORDS = words(`
  current_date current_time current_timestamp current_user current_role current_catalog current_schema
  session_user system_user localtime localtimestamp sysdate utc_date utc_time utc_timestamp tablesample
`)

export const OPAQUE_WORDS = words('call exec execute copy')

export const TSQL_STATEMENTS = words(`
  create alter drop grant revoke deny begin commit rollback save declare use waitfor backup restore dbcc bulk
  disable enable kill reconfigure writetext updatetext print raiserror throw goto while if
`)

/** Keywords that parentheses may follow, and that no function can be called by without quotes. */
export const NOT_FUNCTIONS = words(`
  select from where and or not in exists any all some as on using lateral union intersect except having group
  order when then else case between values returning with limit offset distinct only window interval into table
  to unique primary default return array null
`)

/** Keywords of a clause that parentheses may follow, and names of functions where an expression starts. */
export const CLAUSE_WORDS = words(`
  join inner outer cross full by over filter within partition like ilike rlike regexp similar is set materialized
  recursive range rows groups top output option escape key at apply div xor sets index against columns conflict
  minus of
`)

/** Words behind which an expression, or a function in FROM, starts. */
export const BEFORE_EXPRESSION = words(`
  select distinct all where and or xor on when then else case having from join lateral between like ilike in is
  div limit offset using returning by values variadic to zone symmetric asymmetric placing value key escape
`)
