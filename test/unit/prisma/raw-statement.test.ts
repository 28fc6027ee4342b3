import { describe, expect, it } from 'vitest'
import { onlyReads } from '../../../packages/prisma/src/raw-statement.ts'

describe('a raw statement that certainly only reads', () => {
  it.each([
    'SELECT 1',
    'select * from films where id in ($1, $2);',
    "SELECT count(*) FROM films WHERE title = 'delete; insert'",
    'SELECT "update" FROM "insert"',
    'SELECT 1 -- delete from films',
    '/* delete */ SELECT 1',
    'WITH a AS (SELECT 1) SELECT * FROM a WHERE EXISTS (SELECT 1)',
    'SELECT id FROM films FOR UPDATE SKIP LOCKED',
    'SELECT id FROM films FOR NO KEY UPDATE',
    "SELECT set_config('app.tenant', $1, true)",
    '(SELECT 1) UNION ALL (SELECT 2)',
    "SELECT details #>> '{a}', f . title FROM films f WHERE title = '#ü' AND id = $1",
    'SELECT id -- a comment\r\nFROM films WHERE (id > 1)',
    'SELECT "größe" FROM films WHERE größe > 1 AND (id) = 1',
    'VALUES (1), (2)',
  ])('%s', (text) => expect(onlyReads(text)).toBe(true))
})

describe('a raw statement that may write', () => {
  it.each([
    'INSERT INTO films DEFAULT VALUES',
    'update films set title = 1',
    'WITH gone AS (DELETE FROM films RETURNING *) SELECT * FROM gone',
    'SELECT 1; DELETE FROM films',
    'SELECT * INTO copy_of_films FROM films',
    'SELECT archive_films()',
    "SELECT set_config('app.tenant', $1, false)",
    'SELECT public.archive_films()',
    'SELECT "count"()',
    'SELECT "archive films" (1)',
    "SELECT nextval('films_id_seq')",
    String.raw`SELECT E'\'; DELETE FROM films; --'`,
    'SELECT $$a$$, $x$b$x$',
    'SELECT $q1$a$q1$',
    'SELECT 登録()',
    'SELECT énow()',
    'SELECT my$now()',
    'SELECT evil . now()',
    'SELECT evil . "now" ()',
    'SELECT 1 -- a\r, archive()',
    "SELECT 1 # '\n, archive() # '",
    'SELECT 1 /*! INTO OUTFILE 1 */',
    'SELECT 1 /*M!100100 , archive() */',
    'SELECT 5--archive()',
    "SELECT 'a' 'b", // no end of the string in sight
    'SELECT /* /* */ DELETE */ 1',
    'MERGE INTO films USING genres ON true WHEN MATCHED THEN DELETE',
    'TRUNCATE films',
    'CALL archive()',
    'DO LANGUAGE sql',
    'EXPLAIN ANALYZE DELETE FROM films',
    'SELECT `a` FROM films',
    'REFRESH MATERIALIZED VIEW totals',
    'SET search_path TO other',
    '',
  ])('%s', (text) => expect(onlyReads(text)).toBe(false))
})
