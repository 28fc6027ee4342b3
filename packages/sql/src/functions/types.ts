import { words } from './function-names.ts'

/** `cast(x as varchar(10))` reads like a call. */
export const TYPES: readonly string[] = words(`
  bigint binary bit blob bool boolean bpchar bytea char character citext datetimeoffset dec decimal double float
  float4 float8 int int2 int4 int8 integer mediumint money nchar number numeric nvarchar real signed smalldatetime
  smallint text timetz tinyint unsigned varbinary varbit varchar varchar2 varying
`)
