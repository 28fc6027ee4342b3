/**
 * What the databases' own functions do. Whoever reads SQL cannot tell `lower(name)` from `pay(invoice)`:
 * either may be a function that somebody wrote, and such a function may write. So a name counts as
 * harmless only if it is listed here or in the options; every other one makes a query a write.
 */
export type FunctionEffect =
  /** Reads nothing but its arguments, and answers the same each time. */
  | 'stable'
  /** Writes to no table, but answers differently each time, or per session. */
  | 'volatile'
  /** Changes what the same session answers from now on. */
  | 'setting'
  | 'unknown'

/** The built-in functions together with those that the options name. */
export class KnownFunctions {
  readonly #stable: ReadonlySet<string>
  readonly #volatile: ReadonlySet<string>

  constructor(own: { readonly stable: readonly string[]; readonly volatile: readonly string[] }) {
    this.#stable = new Set([...STABLE, ...own.stable.map(normalise)])
    this.#volatile = new Set([...VOLATILE, ...CATALOGUE, ...own.volatile.map(normalise)])
  }

  /** @param argumentCount how many arguments it is called with, as far as that matters: 2 for more */
  effectOf(name: string, argumentCount: number): FunctionEffect {
    const normal = normalise(name)
    if (argumentCount < (ARGUMENTS_WITHOUT_NOW[normal] ?? 0)) return 'volatile'
    if (SETTING.has(normal)) return 'setting'
    if (this.#volatile.has(normal)) return 'volatile'
    // A name with another schema is somebody's own, whatever it is called.
    // SQLite has the pragmas that change nothing as functions as well.
    if (normal.startsWith('pragma_')) return 'volatile'
    return this.#stable.has(normal) ? 'stable' : 'unknown'
  }
}

/** `set_config('search_path', …, true)` sets nothing but for the transaction that it is in. */
const SETTING: ReadonlySet<string> = new Set(['set_config', 'set_limit'])

/** With fewer arguments these take the present moment. */
const ARGUMENTS_WITHOUT_NOW: Readonly<Record<string, number>> = {
  date: 1,
  time: 1,
  datetime: 1,
  julianday: 1,
  unixepoch: 1,
  strftime: 2,
  age: 2,
}

function normalise(name: string): string {
  return name.toLowerCase().replace(/^(?:pg_catalog|sys)\./, '')
}

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}

const VOLATILE = words(`
  now clock_timestamp statement_timestamp transaction_timestamp timeofday localtime localtimestamp
  current_date current_time current_timestamp current_user current_role current_schema current_schemas
  current_catalog current_database session_user system_user user curdate curtime sysdate sysdatetime
  sysutcdatetime sysdatetimeoffset getdate getutcdate utc_date utc_time utc_timestamp unix_timestamp
  random rand randomblob random_normal setseed uuid uuid_short uuidv4 uuidv7 gen_random_uuid
  gen_random_bytes uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 newid newsequentialid crypt_gen_random
  nextval currval setval lastval last_insert_id last_insert_rowid changes total_changes found_rows row_count
  scope_identity ident_current connection_id
  txid_current txid_current_if_assigned txid_current_snapshot txid_snapshot_xmin txid_snapshot_xmax
  txid_status pg_current_xact_id pg_current_xact_id_if_assigned pg_current_snapshot pg_backend_pid
  pg_current_wal_lsn pg_current_wal_insert_lsn pg_last_wal_replay_lsn pg_last_wal_receive_lsn
  pg_last_xact_replay_timestamp pg_is_in_recovery pg_postmaster_start_time pg_conf_load_time
  pg_trigger_depth pg_my_temp_schema pg_listening_channels pg_notification_queue_usage
  pg_stat_get_activity pg_blocking_pids pg_locks inet_client_addr inet_client_port inet_server_addr
  inet_server_port current_setting current_query version sqlite_version database schema db_name
  host_name suser_sname suser_name original_login user_name user_id schema_name app_name session_context
  context_info connectionproperty has_table_privilege has_schema_privilege has_column_privilege
  has_database_privilege has_any_column_privilege has_function_privilege has_sequence_privilege pg_has_role
  row_security_active pg_advisory_lock pg_advisory_lock_shared pg_advisory_unlock pg_advisory_unlock_all
  pg_advisory_unlock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared pg_try_advisory_lock
  pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared get_lock
  release_lock release_all_locks is_free_lock is_used_lock sp_getapplock sp_releaseapplock
  pg_notify pg_sleep pg_sleep_for pg_sleep_until sleep benchmark pg_cancel_backend pg_terminate_backend
  pg_size_bytes pg_relation_size pg_table_size pg_total_relation_size pg_indexes_size pg_database_size
  pg_export_snapshot pg_stat_reset merge_action array_sample array_shuffle system bernoulli
  ts_rewrite gen_salt random_bytes normal_rand pgp_sym_encrypt pgp_sym_encrypt_bytea pgp_pub_encrypt
  pgp_pub_encrypt_bytea show_limit
`)

/** What the catalogue says: it changes with the schema, and is none of the application's data. */
const CATALOGUE = words(`
  col_description obj_description shobj_description format_type to_regclass to_regcollation to_regnamespace to_regoper
  to_regoperator to_regproc to_regprocedure to_regrole to_regtype pg_get_constraintdef pg_get_expr
  pg_get_functiondef pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result
  pg_get_indexdef pg_get_keywords pg_get_partkeydef pg_get_partition_constraintdef pg_get_ruledef
  pg_get_statisticsobjdef pg_get_triggerdef pg_get_userbyid pg_get_viewdef pg_table_is_visible
  pg_type_is_visible pg_function_is_visible pg_encoding_to_char pg_relation_filenode pg_relation_filepath
  pg_relation_is_updatable pg_column_is_updatable pg_partition_root pg_describe_object pg_identify_object
  pg_available_extensions pg_timezone_names pg_show_all_settings pg_client_encoding getdatabaseencoding
  object_id object_name object_schema_name object_definition objectproperty objectpropertyex columnproperty
  indexproperty typeproperty databasepropertyex collationproperty col_name col_length type_id type_name file_id
  stats_date is_member is_rolemember is_srvrolemember original_db_name current_timezone error_line error_message
  error_number error_procedure error_severity error_state xact_state trigger_nestlevel rowcount_big
  charset coercibility collation ps_current_thread_id sqlite_compileoption_get sqlite_compileoption_used
  sqlite_source_id
`)

const AGGREGATES = words(`
  count sum avg min max total array_agg string_agg group_concat listagg json_agg jsonb_agg json_agg_strict
  jsonb_agg_strict json_object_agg jsonb_object_agg json_object_agg_strict jsonb_object_agg_strict
  json_object_agg_unique jsonb_object_agg_unique json_arrayagg json_objectagg json_group_array
  json_group_object jsonb_group_array jsonb_group_object xmlagg bool_and bool_or every bit_and bit_or bit_xor
  any_value range_agg range_intersect_agg stddev stddev_pop stddev_samp stdev stdevp var varp variance var_pop
  var_samp std corr covar_pop covar_samp regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
  regr_sxx regr_sxy regr_syy mode percentile percentile_cont percentile_disc median approx_count_distinct
  count_big checksum_agg grouping grouping_id
  row_number rank dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value
`)

const GENERAL = words(`
  cast try_cast convert try_convert parse try_parse coalesce nullif greatest least ifnull isnull nvl if iif
  choose row array exists unnest generate_series generate_subscripts string_to_table string_split value
  any all some not in values
  abs ceil ceiling floor round trunc truncate sign mod div power pow exp ln log log2 log10 sqrt cbrt pi degrees
  radians sin cos tan cot asin acos atan atan2 atn2 sinh cosh tanh asinh acosh atanh sind cosd tand asind acosd
  atand factorial gcd lcm width_bucket scale min_scale trim_scale numeric_inc square bit_count crc32 crc32c conv
  erf erfc gamma lgamma
`)

const TEXT = words(`
  lower upper lcase ucase initcap length len char_length character_length octet_length bit_length datalength
  substr substring substring_index mid left right trim ltrim rtrim btrim lpad rpad replace translate concat
  concat_ws reverse repeat replicate space position strpos instr locate charindex patindex split_part overlay
  starts_with stuff insert_text ascii chr char nchar unicode unistr unhex hex to_hex to_bin to_oct bin oct ord
  soundex difference metaphone dmetaphone dmetaphone_alt levenshtein levenshtein_less_equal format printf quote
  quotename quote_ident quote_literal quote_nullable string_escape str elt field find_in_set make_set export_set
  strcmp like glob match regexp regexp_like regexp_replace regexp_substr regexp_instr regexp_count regexp_match
  regexp_matches regexp_split_to_array regexp_split_to_table casefold normalize is_normalized collate
  encode decode convert_from convert_to to_ascii to_base64 from_base64 md5 sha1 sha2 sha sha224 sha256 sha384
  sha512 hashbytes checksum binary_checksum digest hmac compress uncompress weight_string unaccent
  similarity word_similarity strict_word_similarity show_trgm parse_ident uuid_extract_timestamp
  uuid_extract_version uuid_generate_v3 uuid_generate_v5 uuid_nil bin_to_uuid uuid_to_bin is_uuid
  to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery tsvector_to_array
  array_to_tsvector setweight strip numnode querytree ts_rank ts_rank_cd ts_headline ts_delete ts_filter
  ts_lexize ts_debug get_current_ts_config tsquery_phrase snippet highlight bm25 offsets freetext
  contains crypt encrypt decrypt encrypt_iv decrypt_iv armor dearmor pgp_sym_decrypt pgp_sym_decrypt_bytea
  pgp_pub_decrypt pgp_pub_decrypt_bytea pgp_key_id aes_encrypt aes_decrypt password daitch_mokotoff text_soundex
  uuid_ns_dns uuid_ns_url uuid_ns_oid uuid_ns_x500 get_bit set_bit get_byte set_byte uncompressed_length
  decompress formatmessage parsename isnumeric sql_variant_property left_shift right_shift natural_sort_key
  sformat nvl2 name_const statement_digest format_bytes unistr_quote zeroblob subtype matchinfo
  pg_input_is_valid pg_collation_for unicode_assigned xmlcomment xmlpi xmltext xmlexists xml_is_well_formed
  xml_is_well_formed_content xml_is_well_formed_document extractvalue updatexml
`)

const TIME = words(`
  extract date_part datepart datename date_trunc datetrunc date_bin date_format time_format to_char to_number
  to_date to_timestamp date_add date_sub dateadd datediff datediff_big adddate subdate addtime subtime timediff
  timestampadd timestampdiff make_date make_time make_timestamp make_timestamptz make_interval makedate maketime
  justify_days justify_hours justify_interval isfinite timezone switchoffset todatetimeoffset datefromparts
  datetimefromparts datetime2fromparts eomonth last_day str_to_date from_unixtime from_days to_days to_seconds
  year quarter month week weekofyear yearweek day dayofmonth dayofweek dayofyear dayname monthname weekday hour
  minute second microsecond time_to_sec sec_to_time period_add period_diff convert_tz isdate
  date time datetime datetime2 timestamp timestamptz interval strftime julianday unixepoch
  age date_subtract date_bucket timefromparts smalldatetimefromparts datetimeoffsetfromparts add_months get_format
  time_bucket time_bucket_gapfill first last locf
`)

const STRUCTURES = words(`
  json jsonb json_array json_object json_build_array json_build_object jsonb_build_array jsonb_build_object
  json_object_keys jsonb_object_keys json_array_elements jsonb_array_elements json_array_elements_text
  jsonb_array_elements_text json_array_length jsonb_array_length json_each jsonb_each json_each_text
  jsonb_each_text json_extract jsonb_extract json_extract_path jsonb_extract_path json_extract_path_text
  jsonb_extract_path_text json_unquote json_quote json_value json_query json_exists json_table json_scalar
  json_serialize json_tree jsonb_tree json_type json_typeof jsonb_typeof json_valid json_keys json_length
  json_depth json_contains json_contains_path json_overlaps json_search json_pretty jsonb_pretty
  json_schema_valid json_schema_validation_report json_storage_free json_compact json_detailed json_loose
  json_normalize json_equals json_path_exists jsonb_array jsonb_object jsonb_array_insert json_to_tsvector
  jsonb_to_tsvector jsonb_path_query_array_tz jsonb_path_query_first_tz
  json_strip_nulls jsonb_strip_nulls json_set jsonb_set jsonb_set_lax json_insert jsonb_insert json_replace
  jsonb_replace json_remove jsonb_remove json_modify json_patch jsonb_patch json_merge json_merge_patch
  json_merge_preserve json_array_append json_array_insert json_storage_size json_error_position
  json_populate_record jsonb_populate_record json_populate_recordset jsonb_populate_recordset json_to_record
  jsonb_to_record json_to_recordset jsonb_to_recordset jsonb_path_exists jsonb_path_match jsonb_path_query
  jsonb_path_query_array jsonb_path_query_first jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_tz
  to_json to_jsonb row_to_json array_to_json isjson openjson openxml xmlelement xmlforest xmlconcat xmlparse
  xmlserialize xmltable xpath xpath_exists hstore hstore_to_json hstore_to_jsonb akeys avals skeys svals
  array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position
  array_positions array_prepend array_remove array_replace array_reverse array_sort
  array_to_string array_upper cardinality string_to_array trim_array
  int4range int8range numrange tsrange tstzrange daterange int4multirange int8multirange nummultirange
  tsmultirange tstzmultirange datemultirange multirange isempty lower_inc lower_inf upper_inc upper_inf
  range_merge num_nulls num_nonnulls enum_first enum_last enum_range
  host hostmask netmask network masklen set_masklen broadcast family abbrev inet_merge inet_same_family
  inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv6
  is_ipv4_compat is_ipv4_mapped
  mbrcontains mbrcoveredby mbrcovers mbrdisjoint mbrequals mbrintersects mbroverlaps mbrtouches mbrwithin
  geomcollection latitude longitude earth gc_to_sec sec_to_gc cube_dim cube_union cube_inter cube_enlarge
  cube_ll_coord cube_ur_coord cube_subset cube_is_point defined each slice uniq intset subarray
  ishorizontal isvertical isparallel isperp
  area box circle point line lseg path polygon center diagonal diameter height width radius bound_box isclosed
  isopen npoints pclose popen slope linestring multipoint multilinestring multipolygon geometrycollection
  geometry geography earth_distance ll_to_earth earth_box cube cube_distance
  vector halfvec sparsevec cosine_distance l1_distance l2_distance inner_product vector_dims vector_norm
  l2_normalize subvector binary_quantize
  ltree subltree subpath nlevel lca text2ltree ltree2text
  typeof pg_typeof pg_column_size pg_size_pretty pg_get_serial_sequence likelihood likely unlikely sqlite_offset
  grouping_sets rollup cube
`)

/** PostGIS and MySQL. Not whatever starts with `st_`: somebody may call a procedure of his own so. */
const GEOMETRY = words(`
  add3ddim addband addmeasure addpoint affine angle area areaaspolygon asbinary asencodedpolyline asewkb asewkt
  asflatgeobuf asgeobuf asgeojson asgml ashexewkb askml aslatlontext asmarc21 asmvt asmvtgeom aspng asjpeg asraster
  astext astiff astwkb asx3d azimuth band bandmetadata bandnodatavalue bdmpolyfromtext bdpolyfromtext boundary
  boundingdiagonal box2dfromgeohash buffer buildarea centroid chaikinsmoothing cleangeometry clip clipbybox2d
  closestpoint closestpointofapproach clusterdbscan clusterintersecting clusterintersectingwin clusterkmeans
  clusterwithin clusterwithinwin collect collectionextract collectionhomogenize combinebbox concavehull contains
  containsproperly convexhull coorddim count coverageclean coverageinvalidedges coveragesimplify coverageunion
  coveredby covers cpawithin crosses curven curvetoline delaunaytriangles dfullywithin difference dimension disjoint
  distance distancecpa distancesphere distancespheroid dump dumpaspolygons dumppoints dumprings dumpsegments
  dumpvalues dwithin endpoint envelope equals expand extent 3dextent exteriorring filterbym
  flipcoordinates force2d force3d force3dm force3dz force4d forcecollection forcecurve forcepolygonccw
  forcepolygoncw forcerhr forcesfs frechetdistance fromflatgeobuf generatepoints geogfromtext geogfromwkb
  geographyfromtext geohash geomcollfromtext geometricmedian geometryfromtext geometryn geometrytype geomfromewkb
  geomfromewkt geomfromgeohash geomfromgeojson geomfromgml geomfromkml geomfrommarc21 geomfromtext geomfromtwkb
  geomfromwkb hasarc hasm hasz hausdorffdistance height hexagon hexagongrid interiorringn interpolatepoint
  intersection intersects inversetransformpipeline isclosed iscollection isempty ispolygonccw ispolygoncw isring
  issimple isvalid isvaliddetail isvalidreason isvalidtrajectory largestemptycircle length length2d
  lengthspheroid letters linecrossingdirection lineextend linefromencodedpolyline linefrommultipoint linefromtext
  linefromwkb lineinterpolatepoint lineinterpolatepoints linelocatepoint linemerge linestringfromwkb linesubstring
  linetocurve locatealong locatebetween locatebetweenelevations longestline m makebox2d makeenvelope makeline
  makepoint makepointm makepolygon makevalid mapalgebra maxdistance maximuminscribedcircle memcollect memsize
  memunion minconvexhull minimumboundingcircle minimumboundingradius minimumclearance minimumclearanceline
  minkowskisum mlinefromtext mpointfromtext mpolyfromtext multi ndims node normalize npoints nrings numbands
  numcurves numgeometries numinteriorring numinteriorrings numpatches numpoints offsetcurve optimalalphashape
  orderingequals orientedenvelope overlaps patchn perimeter perimeter2d point pointfromgeohash pointfromtext
  pointfromwkb pointinsidecircle pointm pointn pointonsurface points pointz pointzm polygon polygonfromtext
  polygonize polyfromtext polyfromwkb project quantizecoordinates reduceprecision relate relatematch
  removeirrelevantpointsforview removepoint removerepeatedpoints removesmallparts reverse rotate rotatex rotatey
  rotatez scale scroll segmentize setbandnodatavalue seteffectivearea setpoint setsrid setvalue setvalues
  sharedpaths shiftlongitude shortestline simplify simplifypolygonhull simplifypreservetopology simplifyvw snap
  snaptogrid split square squaregrid srid startpoint subdivide summary summarystats swapordinates symdifference
  symmetricdifference tileenvelope touches transform transformpipeline translate transscale triangulatepolygon
  unaryunion union value voronoilines voronoipolygons width within wkbtosql wkttosql wrapx x xmax xmin y ymax ymin z
  zmax zmflag zmin 3dclosestpoint 3ddfullywithin 3ddistance 3ddwithin 3dintersects 3dlength 3dlineinterpolatepoint
  latitude longitude latfromgeohash longfromgeohash distance_sphere aswkt aswkb swapxy validate pointatdistance
  3dlongestline 3dmakebox 3dmaxdistance 3dperimeter 3dshortestline
`).map((name) => `st_${name}`)

/** `cast(x as varchar(10))` reads like a call. */
const TYPES = words(`
  varchar nvarchar varchar2 char nchar character text bit varbit bool boolean int integer int2 int4 int8
  tinyint smallint mediumint bigint float float4 float8 double real decimal dec numeric number money binary
  varbinary bytea blob timetz datetimeoffset smalldatetime signed unsigned bpchar citext varying
`)

const STABLE = [...AGGREGATES, ...GENERAL, ...TEXT, ...TIME, ...STRUCTURES, ...GEOMETRY, ...TYPES]
