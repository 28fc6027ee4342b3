import { type FunctionNames, words } from './function-names.ts'
import { GEOMETRY } from './geometry.ts'

/** What MySQL or MariaDB has. A stored function of the same name is called with its database. */
export const MYSQL: FunctionNames = {
  stable: [
    ...words(`
  abs acos add_months adddate addtime aes_decrypt aes_encrypt against all any any_value ascii asin atan atan2 avg
  bin bin_to_uuid binary bit_and bit_count bit_length bit_or bit_xor cast ceil ceiling char char_length
  character_length chr coalesce collate compress concat concat_ws conv convert convert_tz cos cot count crc32
  crc32c cume_dist date date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear decode
  degrees dense_rank elt encode encrypt exists exp export_set extract extractvalue field find_in_set first_value
  floor format format_bytes from_base64 from_days from_unixtime geomcollection geometrycollection get_format
  greatest group_concat grouping hex hour if ifnull in inet6_aton inet6_ntoa inet_aton inet_ntoa instr interval
  is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_uuid isnull json_array json_array_append json_array_insert
  json_arrayagg json_compact json_contains json_contains_path json_depth json_detailed json_equals json_exists
  json_extract json_insert json_keys json_length json_loose json_merge json_merge_patch json_merge_preserve
  json_normalize json_object json_objectagg json_overlaps json_pretty json_query json_quote json_remove
  json_replace json_schema_valid json_schema_validation_report json_search json_set json_storage_free
  json_storage_size json_table json_type json_unquote json_valid json_value lag last_day last_value lcase lead
  least left length like linestring ln locate log log10 log2 lower lpad ltrim make_set makedate maketime match max
  mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequals mbrintersects mbroverlaps mbrtouches mbrwithin md5
  median microsecond mid min minute mod mode month monthname multilinestring multipoint multipolygon name_const
  natural_sort_key not nth_value ntile nullif nvl nvl2 oct octet_length ord password percent_rank percentile_cont
  percentile_disc period_add period_diff pi point polygon position pow power quarter quote radians rank regexp
  regexp_instr regexp_like regexp_replace regexp_substr repeat replace reverse right round row row_number rpad
  rtrim sec_to_time second sformat sha sha1 sha2 sign sin some soundex space sqrt statement_digest std stddev
  stddev_pop stddev_samp str_to_date strcmp subdate substr substring substring_index subtime sum tan time
  time_format time_to_sec timediff timestamp timestampadd timestampdiff to_base64 to_char to_days to_seconds trim
  truncate ucase uncompress uncompressed_length unhex updatexml upper uuid_to_bin values var_pop var_samp variance
  week weekday weekofyear weight_string year yearweek
`),
    ...GEOMETRY,
  ],
  volatile: words(`
  benchmark charset coercibility collation connection_id curdate current_date current_role current_time
  current_timestamp current_user curtime database found_rows get_lock is_free_lock is_used_lock last_insert_id
  lastval localtime localtimestamp nextval now ps_current_thread_id rand random_bytes release_all_locks
  release_lock row_count schema session_user setval sleep sysdate system_user unix_timestamp user utc_date
  utc_time utc_timestamp uuid uuid_short version
`),
}
