/**
 * Whether a raw statement certainly changes no row: a single SELECT that calls nothing but functions
 * known to be harmless. Whatever is not certain is a write, of tables that nobody knows.
 *
 * The text is not understood any further: raw queries are never cached, so the tables that they read do
 * not matter.
 */
export function onlyReads(text: string): boolean {
  // A backslash may escape a quote, a dollar may quote, a carriage return may end a comment, and MySQL runs
  // some comments and subtracts by others: then nobody can say where a string ends.
  if (/\\|\$\w*\$|\r(?!\n)|\/\*M?!|--(?!\s|$)/.test(text)) return false
  const bare = text
    .replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, (match) =>
      match.startsWith('"') ? ' quoted ' : ' ',
    )
    .toLowerCase()
    // A lock is no write.
    .replace(/\bfor\s+(?:no\s+key\s+)?update\b/g, ' ')
    .replace(/\s*\.\s*/g, '.')
    // For the transaction that it is in. Without `true` it changes what a connection answers from now on.
    .replace(/\bset_config\s*\([^()]*,\s*true\s*\)/g, ' ')
  if (!/^[\s(]*(select|with|values|table)\b/.test(bare)) return false
  // To MySQL a # begins a comment, to PostgreSQL it is an operator.
  if (/;\s*\S|['"`]|\*\/|#(?![>-])/.test(bare) || WRITING_WORD.test(bare)) return false
  // A name in any script may be that of a function.
  return [...bare.matchAll(/([a-z_$\u0080-\uffff][\w.$\u0080-\uffff]*)\s*\(/g)].every(
    ([, name = '']) => HARMLESS.has(name),
  )
}

const WRITING_WORD =
  /\b(insert|update|delete|merge|replace|truncate|into|call|do|copy|create|alter|drop|refresh|lock|grant|vacuum)\b/

/** Words that may stand before a parenthesis: of the language, and functions that change no row. */
const HARMLESS = new Set(
  `
  select values table from join on using where and or not in exists any some all as over filter by having
  distinct case when then else between like ilike is union except intersect lateral limit offset array row
  group materialized varchar char numeric decimal
  cast extract coalesce nullif ifnull greatest least count sum avg min max stddev variance mode
  array_agg string_agg json_agg jsonb_agg bool_and bool_or group_concat percentile_cont percentile_disc
  rank dense_rank row_number ntile lag lead first_value last_value
  abs ceil ceiling floor round trunc sqrt power mod random
  lower upper length char_length trim ltrim rtrim substring substr concat concat_ws position split_part
  left right lpad rpad regexp_matches md5 similarity to_tsvector to_tsquery plainto_tsquery ts_rank
  to_char to_date to_timestamp now date date_trunc date_part age interval
  unnest cardinality array_length generate_series json_build_object jsonb_build_object to_json to_jsonb
  row_to_json json_extract json_array_elements jsonb_array_elements st_distance st_dwithin
  current_setting current_schema version pg_sleep pg_advisory_lock pg_advisory_xact_lock
  pg_try_advisory_lock pg_try_advisory_xact_lock pg_advisory_unlock
  `
    .trim()
    .split(/\s+/),
)
