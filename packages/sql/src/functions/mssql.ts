import { type FunctionNames, words } from './function-names.ts'

/** What SQL Server has. A function of one's own is called with its schema, except in FROM. */
export const MSSQL: FunctionNames = {
  stable: words(`
  abs acos all any approx_count_distinct ascii asin atan atn2 avg binary_checksum bit_count cast ceiling char
  charindex checksum checksum_agg choose coalesce compress concat concat_ws contains convert cos cot count
  count_big cube cume_dist datalength date_bucket dateadd datediff datediff_big datefromparts datename datepart
  datetime2 datetime2fromparts datetimefromparts datetimeoffsetfromparts datetrunc day decompress degrees
  dense_rank difference eomonth exists exp first_value floor format formatmessage freetext generate_series get_bit
  greatest grouping grouping_id grouping_sets hashbytes iif in isdate isjson isnull isnumeric json_array
  json_arrayagg json_modify json_object json_objectagg json_path_exists json_query json_value lag last_value lead
  least left left_shift len listagg log log10 lower ltrim max min month nchar not ntile nullif openjson openxml
  parse parsename patindex percent_rank percentile_cont percentile_disc pi power quotename radians rank
  regexp_count regexp_instr regexp_like regexp_matches regexp_replace regexp_split_to_table regexp_substr replace
  replicate reverse right right_shift rollup round row row_number rtrim set_bit sign sin smalldatetimefromparts
  some soundex space sql_variant_property sqrt square stdev stdevp str string_agg string_escape string_split stuff
  substring sum switchoffset tan timefromparts todatetimeoffset translate trim try_cast try_convert try_parse
  unicode upper value values var varp year
`),
  volatile: words(`
  app_name col_length col_name collationproperty columnproperty connectionproperty context_info crypt_gen_random
  current_timestamp current_timezone current_user databasepropertyex db_name error_line error_message error_number
  error_procedure error_severity error_state file_id getdate getutcdate host_name ident_current indexproperty
  is_member is_rolemember is_srvrolemember newid newsequentialid object_definition object_id object_name
  object_schema_name objectproperty objectpropertyex original_db_name original_login rand rowcount_big schema_name
  scope_identity session_context session_user sp_getapplock sp_releaseapplock stats_date suser_name suser_sname
  sysdatetime sysdatetimeoffset system_user sysutcdatetime trigger_nestlevel type_id type_name typeproperty user
  user_id user_name xact_state
`),
}
