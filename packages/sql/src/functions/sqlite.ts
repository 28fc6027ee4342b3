import { type FunctionNames, words } from './function-names.ts'

/** What SQLite has with the extensions that its drivers compile in. */
export const SQLITE: FunctionNames = {
  stable: words(`
  abs acos acosh asin asinh atan atan2 atanh avg bm25 cast ceil ceiling char coalesce concat concat_ws cos
  cosh count cume_dist date datetime degrees dense_rank exists exp first_value floor format glob
  group_concat hex highlight if ifnull iif in instr json json_array json_array_insert json_array_length json_each
  json_error_position json_extract json_group_array json_group_object json_insert json_object json_patch
  json_pretty json_quote json_remove json_replace json_set json_tree json_type json_valid jsonb jsonb_array
  jsonb_array_insert jsonb_each jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object
  jsonb_patch jsonb_remove jsonb_replace jsonb_set jsonb_tree julianday lag last_value lead length like likelihood
  likely ln log log10 log2 lower ltrim match matchinfo max median min mod not nth_value ntile nullif octet_length
  offsets percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians rank replace
  round row row_number rtrim sign sin sinh snippet soundex sqrt strftime string_agg substr substring subtype
  sum tan tanh time timediff total trim trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely upper
  values zeroblob
`),
  volatile: words(`
  changes current_date current_time current_timestamp last_insert_rowid random randomblob sqlite_compileoption_get
  sqlite_compileoption_used sqlite_source_id sqlite_version total_changes
`),
}
