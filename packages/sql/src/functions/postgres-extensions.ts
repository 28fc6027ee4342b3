import { type FunctionNames, words } from './function-names.ts'
import { GEOMETRY } from './geometry.ts'

/**
 * The extensions that come with PostgreSQL, PostGIS, pgvector and TimescaleDB. They are in whatever schema somebody has
 * installed them into, mostly `public` or, by some providers, `extensions`.
 */
export const POSTGRES_EXTENSIONS: FunctionNames = {
  stable: [
    ...words(`
  akeys armor avals binary_quantize cosine_distance crypt cube cube_dim cube_distance cube_enlarge cube_inter
  cube_is_point cube_ll_coord cube_subset cube_union cube_ur_coord daitch_mokotoff dearmor decrypt decrypt_iv
  defined difference digest dmetaphone dmetaphone_alt each earth earth_box earth_distance encrypt encrypt_iv first
  gc_to_sec geography geometry halfvec hmac hstore hstore_to_json hstore_to_jsonb inner_product intset l1_distance
  l2_distance l2_normalize last latitude lca levenshtein levenshtein_less_equal ll_to_earth locf longitude ltree
  ltree2text median metaphone nlevel pgp_key_id pgp_pub_decrypt pgp_pub_decrypt_bytea pgp_sym_decrypt
  pgp_sym_decrypt_bytea sec_to_gc show_trgm similarity skeys slice soundex sparsevec strict_word_similarity
  subarray subltree subpath subvector svals text2ltree text_soundex time_bucket time_bucket_gapfill unaccent uniq
  uuid_generate_v3 uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_oid uuid_ns_url uuid_ns_x500 vector vector_dims
  vector_norm word_similarity
`),
    ...GEOMETRY,
  ],
  volatile: words(`
  gen_random_bytes gen_salt normal_rand pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_encrypt
  pgp_sym_encrypt_bytea show_limit uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4
`),
}
