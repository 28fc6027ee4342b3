import { type FunctionNames, words } from './function-names.ts'

/** What `pg_catalog` has, and the keywords of the language that look like a call. */
export const POSTGRES: FunctionNames = {
  stable: words(`
  abbrev abs acos acosd acosh age all any any_value area array array_agg array_append array_cat array_dims
  array_fill array_length array_lower array_ndims array_position array_positions array_prepend array_remove
  array_replace array_reverse array_sort array_to_json array_to_string array_to_tsvector array_upper ascii asin
  asind asinh atan atan2 atand atanh avg bit_and bit_count bit_length bit_or bit_xor bool_and bool_or bound_box
  box broadcast btrim cardinality casefold cast cbrt ceil ceiling center char char_length character_length chr
  circle coalesce concat concat_ws convert convert_from convert_to corr cos cosd cosh cot count covar_pop
  covar_samp crc32 crc32c cube cume_dist date date_add date_bin date_part date_subtract date_trunc datemultirange
  daterange decode degrees dense_rank diagonal diameter div encode enum_first enum_last enum_range erf erfc every
  exists exp extract factorial family first_value floor format gamma gcd generate_series generate_subscripts
  get_bit get_byte get_current_ts_config greatest grouping height host hostmask in inet_merge inet_same_family
  initcap int4multirange int4range int8multirange int8range interval is_normalized isclosed isempty isfinite
  ishorizontal isopen isparallel isperp isvertical json_agg json_agg_strict json_array json_array_elements
  json_array_elements_text json_array_length json_arrayagg json_build_array json_build_object json_each
  json_each_text json_exists json_extract_path json_extract_path_text json_object json_object_agg
  json_object_agg_strict json_object_agg_unique json_object_keys json_objectagg json_populate_record
  json_populate_recordset json_query json_scalar json_serialize json_strip_nulls json_table json_to_record
  json_to_recordset json_to_tsvector json_typeof json_value jsonb_agg jsonb_agg_strict jsonb_array_elements
  jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text
  jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg jsonb_object_agg_strict
  jsonb_object_agg_unique jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz jsonb_path_match
  jsonb_path_match_tz jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first
  jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty
  jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof
  justify_days justify_hours justify_interval lag last_value lcm lead least left length lgamma like like_escape
  line ln log log10 lower lower_inc lower_inf lpad lseg ltrim make_date make_interval make_time make_timestamp
  make_timestamptz masklen max md5 min min_scale mod mode multirange netmask network normalize not npoints
  nth_value ntile nullif num_nonnulls num_nulls numeric_inc nummultirange numnode numrange octet_length overlaps
  overlay parse_ident path pclose percent_rank percentile_cont percentile_disc pg_collation_for pg_column_size
  pg_get_serial_sequence pg_input_is_valid pg_size_pretty pg_typeof phraseto_tsquery pi plainto_tsquery point
  polygon popen position pow power querytree quote_ident quote_literal quote_nullable radians radius range_agg
  range_intersect_agg range_merge rank regexp_count regexp_instr regexp_like regexp_match regexp_matches
  regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr regr_avgx regr_avgy regr_count
  regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse right rollup round row
  row_number row_to_json rpad rtrim scale set_bit set_byte set_masklen setweight sha224 sha256 sha384 sha512 sign
  similar_escape similar_to_escape sin sind sinh slope some split_part sqrt starts_with stddev stddev_pop
  stddev_samp string_agg string_to_array string_to_table strip strpos substr substring sum tan tand tanh time
  timestamp timestamptz timezone to_ascii to_bin to_char to_date to_hex to_json to_jsonb to_number to_oct
  to_timestamp to_tsquery to_tsvector translate treat trim trim_array trim_scale trunc ts_debug ts_delete
  ts_filter ts_headline ts_lexize ts_rank ts_rank_cd tsmultirange tsquery_phrase tsrange tstzmultirange tstzrange
  tsvector_to_array unicode_assigned unistr unnest upper upper_inc upper_inf uuid_extract_timestamp
  uuid_extract_version values var_pop var_samp variance websearch_to_tsquery width width_bucket xml_is_well_formed
  xml_is_well_formed_content xml_is_well_formed_document xmlagg xmlcomment xmlconcat xmlelement xmlexists
  xmlforest xmlparse xmlpi xmlserialize xmltable xmltext xpath xpath_exists
`),
  volatile: words(`
  array_sample array_shuffle bernoulli clock_timestamp col_description current_catalog current_database
  current_date current_query current_role current_schema current_schemas current_setting current_time
  current_timestamp current_user currval format_type gen_random_uuid getdatabaseencoding has_any_column_privilege
  has_column_privilege has_database_privilege has_function_privilege has_schema_privilege has_sequence_privilege
  has_table_privilege inet_client_addr inet_client_port inet_server_addr inet_server_port lastval localtime
  localtimestamp merge_action nextval now obj_description pg_advisory_lock pg_advisory_lock_shared
  pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared pg_advisory_xact_lock
  pg_advisory_xact_lock_shared pg_available_extensions pg_backend_pid pg_blocking_pids pg_cancel_backend
  pg_client_encoding pg_column_is_updatable pg_conf_load_time pg_current_snapshot pg_current_wal_insert_lsn
  pg_current_wal_lsn pg_current_xact_id pg_current_xact_id_if_assigned pg_database_size pg_describe_object
  pg_encoding_to_char pg_export_snapshot pg_function_is_visible pg_get_constraintdef pg_get_expr
  pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_functiondef
  pg_get_indexdef pg_get_keywords pg_get_partition_constraintdef pg_get_partkeydef pg_get_ruledef
  pg_get_statisticsobjdef pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_has_role pg_identify_object
  pg_indexes_size pg_is_in_recovery pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp
  pg_listening_channels pg_my_temp_schema pg_notification_queue_usage pg_notify pg_partition_root
  pg_postmaster_start_time pg_relation_filenode pg_relation_filepath pg_relation_is_updatable pg_relation_size
  pg_show_all_settings pg_size_bytes pg_sleep pg_sleep_for pg_sleep_until pg_stat_get_activity pg_stat_reset
  pg_table_is_visible pg_table_size pg_terminate_backend pg_timezone_names pg_total_relation_size pg_trigger_depth
  pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared
  pg_type_is_visible random random_normal row_security_active session_user setseed setval shobj_description
  statement_timestamp system system_user timeofday to_regclass to_regcollation to_regnamespace to_regoper
  to_regoperator to_regproc to_regprocedure to_regrole to_regtype transaction_timestamp ts_rewrite txid_current
  txid_current_if_assigned txid_current_snapshot txid_snapshot_xmax txid_snapshot_xmin txid_status user uuidv4
  uuidv7 version
`),
}
