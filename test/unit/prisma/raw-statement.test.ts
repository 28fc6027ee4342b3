import { describe, expect, it } from 'vitest'
import { dialectOf, readRaw } from '../../../packages/prisma/src/raw-statement.ts'

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
    "SELECT nextval('films_id_seq')",
    '(SELECT 1) UNION ALL (SELECT 2)',
    "SELECT details #>> '{a}', f . title FROM films f WHERE title = '#ü' AND id = $1",
    'SELECT id -- a comment\r\nFROM films WHERE (id > 1)',
    'SELECT "größe" FROM films WHERE größe > 1 AND (id) = 1',
    'SELECT $$delete from films$$, $x$b$x$',
    'SELECT 5--archive()',
    'VALUES (1), (2)',
    'SHOW server_version',
    'EXPLAIN SELECT * FROM films',
  ])('%s', (text) => expect(readRaw(text, 'postgres').changes).toBe('nothing'))

  it.each<[string, string]>([
    ['mysql', "SELECT 1 # ' , archive()"],
    ['mysql', 'SELECT `delete` FROM `update`'],
    ['sqlite', 'SELECT [delete] FROM "update" WHERE id = ?'],
  ])('%s: %s', (provider, text) =>
    expect(readRaw(text, dialectOf(provider)).changes).toBe('nothing'),
  )
})

describe('a raw statement that may write', () => {
  it.each([
    'INSERT INTO films DEFAULT VALUES',
    'update films set title = 1',
    'WITH gone AS (DELETE FROM films RETURNING *) SELECT * FROM gone',
    'SELECT * INTO copy_of_films FROM films',
    'MERGE INTO films USING genres ON true WHEN MATCHED THEN DELETE',
    'TRUNCATE films',
  ])('rows: %s', (text) => expect(readRaw(text, 'postgres').changes).toBe('rows'))

  it.each([
    'SELECT archive_films()',
    "SELECT set_config('app.tenant', $1, false)",
    'SELECT public.archive_films()',
    'SELECT "archive films" (1)',
    'SELECT 登録()',
    'SELECT énow()',
    'SELECT my$now()',
    'SELECT evil . now()',
    'SELECT evil . "now" ()',
    'SELECT 1 -- a\r, archive()',
    "SELECT 1 # '\n', archive()",
  ])('by a function: %s', (text) => expect(readRaw(text, 'postgres').changes).not.toBe('nothing'))

  it.each<[string, string]>([
    ['postgresql', 'SELECT 1; DELETE FROM films'],
    ['postgresql', "SELECT 'a' 'b"],
    ['postgresql', 'SELECT /* /* */ DELETE */ 1'],
    ['postgresql', 'CALL archive()'],
    ['postgresql', 'DO LANGUAGE sql'],
    ['postgresql', 'EXPLAIN ANALYZE DELETE FROM films'],
    ['postgresql', 'REFRESH MATERIALIZED VIEW totals'],
    ['postgresql', 'SET search_path TO other'],
    ['postgresql', "SELECT set_config('app.tenant', $1, false)"],
    ['postgresql', 'COMMIT'],
    ['postgresql', ''],
    ['mysql', 'SELECT 1 /*! INTO OUTFILE 1 */'],
    ['mysql', 'SELECT 1 /*M!100100 , archive() */'],
    ['mysql', 'TRUNCATE films'],
    ['mysql', 'CREATE TABLE films (id int)'],
    ['mongodb', 'SELECT 1; SELECT 2'],
  ])('anything, on %s: %s', (provider, text) =>
    expect(readRaw(text, dialectOf(provider)).changes).toBe('anything'),
  )

  it('what is a comment to others is none on MySQL', () =>
    expect(readRaw('SELECT 5--archive()', 'mysql').changes).toBe('by-function'))
})

describe('a raw read whose answer must not be cached', () => {
  it.each([
    ['locking-read', 'SELECT id FROM films FOR UPDATE'],
    ['volatile-function', 'SELECT now(), title FROM films'],
    ['not-data', 'EXPLAIN SELECT * FROM films'],
    [undefined, 'SELECT title FROM films'],
  ])('%s: %s', (obstacle, text) => expect(readRaw(text, 'postgres').obstacle).toBe(obstacle))
})
