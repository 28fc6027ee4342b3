import { type Compilable, CompiledQuery, sql } from 'kysely'
import { describe, expect, it } from 'vitest'
import { analyse, compilerFor, type DialectName, summaryOf } from './dialects.ts'

describe('the tables of a whole statement of raw SQL', () => {
  const db = compilerFor('postgres')
  const summarise = (query: CompiledQuery, dialect: DialectName = 'postgres') =>
    summaryOf(analyse(dialect, query))

  it.each<[string, CompiledQuery, string]>([
    ['tables in text', CompiledQuery.raw('select * from films'), 'read ?'],
    ['a list of tables', sql`select * from ${sql.table('films')}, genres`.compile(db), 'read ?'],
    [
      'sql.table',
      sql`select * from ${sql.table('films')} f join ${sql.table('public.genres')} g using (id)`.compile(
        db,
      ),
      'read films genres',
    ],
    [
      'a list of sql.table',
      sql`select * from ${sql.table('films')} as f, ${sql.table('genres')} where f.id in (1, 2)`.compile(
        db,
      ),
      'read films genres',
    ],
    [
      'a subquery in FROM',
      sql`select * from (select * from ${sql.table('films')}) x, genres`.compile(db),
      'read ?',
    ],
    [
      'tables joined in parentheses',
      sql`select * from (films join ${sql.table('genres')} on true)`.compile(db),
      'read ?',
    ],
    [
      'a query as a node',
      sql`select * from ${db.selectFrom('films').selectAll()} as x`.compile(db),
      'read films',
    ],
    [
      'a union of nodes',
      sql`${db.selectFrom('films').select('id')} union all ${db.selectFrom('genres').select('id')}`.compile(
        db,
      ),
      'read films genres',
    ],
    [
      'fragments inside of fragments',
      sql`select * ${sql`from ${sql`${sql.table('films')}`}`}`.compile(db),
      'read films',
    ],
    [
      'a name that is split up',
      sql`select * from ${sql.raw('fil')}${sql.raw('ms')}`.compile(db),
      'read ?',
    ],
    ['the TABLE command', CompiledQuery.raw('table films'), 'read ?'],
    ['a health check', CompiledQuery.raw('select 1'), 'read, not-data'],
    ['a function that nobody knows', CompiledQuery.raw('select close_month(1)'), 'write ?'],
    ['the same in FROM', CompiledQuery.raw('select * from close_month(1)'), 'write ?'],
    ['the same behind a quote', CompiledQuery.raw('select "close_month"(1)'), 'write ?'],
    ['a known function', CompiledQuery.raw("select upper('from films')"), 'read, not-data'],
    ['select into', CompiledQuery.raw('select * into backup from films'), 'write ?'],
    [
      'a modifying expression',
      CompiledQuery.raw('with x as (delete from films returning *) select * from x'),
      'write ?',
    ],
    [
      'a lock',
      sql`select * from ${sql.table('films')} for no key update skip locked`.compile(db),
      'read films, locking-read',
    ],
    [
      'an advisory lock',
      CompiledQuery.raw('select pg_advisory_xact_lock($1)', [1]),
      'read, volatile-function',
    ],
    [
      'insert',
      sql`insert into ${sql.table('films')} (title) values (${'x'})`.compile(db),
      'write films',
    ],
    [
      'insert in text',
      CompiledQuery.raw('insert into films (title) values ($1)', ['x']),
      'write ?',
    ],
    [
      'insert from',
      sql`insert into ${sql.table('films')} (title) select name from ${sql.table('genres')}`.compile(
        db,
      ),
      'write films genres',
    ],
    [
      'update',
      sql`update ${sql.table('films')} set title = ${'x'}, source = 'y' where id = 1`.compile(db),
      'write films',
    ],
    [
      'delete',
      sql`delete from ${sql.table('films')} using ${sql.table('genres')} where true`.compile(db),
      'write films genres',
    ],
    [
      'truncate',
      sql`truncate ${sql.table('films')}, ${sql.table('genres')}`.compile(db),
      'write films genres',
    ],
    [
      'truncate a list in text',
      sql`truncate table ${sql.table('films')}, genres`.compile(db),
      'write ?',
    ],
    ['truncate cascade', sql`truncate ${sql.table('films')} cascade`.compile(db), 'write ?'],
    [
      'upsert',
      sql`insert into ${sql.table('films')} (id) values (1) on conflict (id) do update set id = 2`.compile(
        db,
      ),
      'write films',
    ],
    [
      'a trigger-happy function',
      sql`update ${sql.table('films')} set title = rename(title)`.compile(db),
      'write ?',
    ],
    [
      'two statements',
      sql`delete from ${sql.table('films')}; delete from genres`.compile(db),
      'write ?',
    ],
    ['call', CompiledQuery.raw('call close_month()'), 'write ?'],
    ['do', CompiledQuery.raw('do $$ begin delete from films; end $$'), 'write ?'],
    ['create table', CompiledQuery.raw('create table x (y int)'), 'write ?'],
    [
      'set with a function that nobody knows',
      CompiledQuery.raw('set x = close_month()'),
      'write ?',
    ],
    ['savepoint', CompiledQuery.raw('savepoint x'), 'read, not-data'],
    ['begin', CompiledQuery.raw('begin'), 'write ?'],
  ])('%s', (_, query, expected) => {
    expect(summarise(query)).toBe(expected)
  })

  it.each<[string, string]>([
    ['select 1 update films set title = 1', 'write ?'],
    ['select 1 exec close_month', 'write ?'],
    ['select 1 drop table films', 'write ?'],
    ['insert films values (1)', 'write ?'],
    ['delete films', 'write ?'],
  ])('on SQL Server, where no semicolon is needed: %s', (text, expected) => {
    expect(summarise(CompiledQuery.raw(text), 'mssql')).toBe(expected)
  })

  it.each(
    `apply filter over partition output key top set range rows groups index recursive join by similar`.split(
      ' ',
    ),
  )('takes %s for a function that may write, where it stands like one', (name) => {
    for (const text of [
      `select ${name}(1)`,
      `select * from films where not ${name}(id)`,
      `select * from ${name}(1)`,
      `values (1, ${name}(2))`,
      `select at at time zone ${name}(1) from films`,
      `select json_object('a' value ${name}(1))`,
    ]) {
      expect(summarise(CompiledQuery.raw(text)), text).toBe('write ?')
    }
  })

  it.each<[string, DialectName]>([
    ['select count(*) filter (where true) over (partition by (id)) from films', 'postgres'],
    ['select percentile_cont(0.5) within group (order by id) from films', 'postgres'],
    ["select * from films where title not like ('a') and not (title ilike ('b'))", 'postgres'],
    [
      'with x as not materialized (select 1) select * from x full join (select 2) y on true',
      'postgres',
    ],
    ['select id from films group by grouping sets ((id), ())', 'postgres'],
    ["select * from films where match (title) against ('a') and title not regexp ('b')", 'mysql'],
    ['select * from films partition (p0) use index (a)', 'mysql'],
    ['select top (5) * from films with (index (a)) option (recompile)', 'mssql'],
    ["select string_agg(title, ',') within group (order by id) from films", 'mssql'],
  ])('takes no keyword for a function: %s (%s)', (text, dialect) => {
    expect(summarise(CompiledQuery.raw(text), dialect)).toBe('read ?')
  })

  it.each([
    ['sql.id', sql`select ${sql.id('close_month')}(1)`],
    ['sql.ref', sql`select ${sql.ref('accounts.close_month')}(1)`],
    ['sql.table', sql`select * from ${sql.table('accounts.close_month')}(1)`],
  ])('sees the call of a function that %s names', (_, query) => {
    expect(summarise(query.compile(db))).toBe('write ?')
  })

  it('knows that a SET on SQL Server may be followed by another statement', () => {
    const query = CompiledQuery.raw('set nocount on exec close_month')
    expect(summarise(query, 'mssql')).toBe('write ?')
    expect(summarise(CompiledQuery.raw('set nocount on'), 'mssql')).toBe('read, not-data')
  })

  it('does not cache a number that is taken from a sequence', () => {
    const query = sql`select next value for ids, id from ${sql.table('films')}`.compile(db)
    expect(summarise(query, 'mssql')).toBe('read films, volatile-function')
  })

  it('does not cache a function that reads what its text says', () => {
    const query = sql`select ts_rewrite(${'a'}, 'select t, s from aliases') from ${sql.table('films')}`
    expect(summarise(query.compile(db))).toBe('read films, volatile-function')
  })

  it.each<[string, DialectName]>([
    ['select * from films where title = crypt($1, title)', 'postgres'],
    ['select pgp_sym_decrypt(title, $1), daitch_mokotoff(title) from films', 'postgres'],
    ['select time_bucket($1, at), last(title, at) from films group by 1', 'postgres'],
    ['select aes_decrypt(title, ?), ST_Distance_Sphere(a, b) from films', 'mysql'],
    ["select * from films where 1 member of ('[1]')", 'mysql'],
    ['select age(a, b) from films', 'postgres'],
    ['select isnumeric(title), parsename(title, 1) from films', 'mssql'],
    ['select jsonb_array(title), zeroblob(3) from films', 'sqlite'],
  ])('does not take for a write what only computes: %s (%s)', (text, dialect) => {
    expect(summarise(CompiledQuery.raw(text), dialect)).toBe('read ?')
  })

  it.each<[string, DialectName]>([
    [`select to_regclass('films'), obj_description(1)`, 'postgres'],
    ['select pg_get_viewdef(1), format_type(23, null)', 'postgres'],
    [`select object_id('films')`, 'mssql'],
  ])('does not take a question to the catalogue for a write: %s (%s)', (text, dialect) => {
    expect(summarise(CompiledQuery.raw(text), dialect)).toBe('read, volatile-function')
  })

  it('knows that the age of one moment is counted from today', () => {
    const query = sql`select age(at) from ${sql.table('films')}`.compile(db)
    expect(summarise(query)).toBe('read films, volatile-function')
  })

  it('takes a function of PostGIS for harmless, and not whatever begins like one', () => {
    expect(summarise(CompiledQuery.raw('select ST_Distance(a, b) from films'))).toBe('read ?')
    expect(summarise(CompiledQuery.raw('select st_close_month(1) from films'))).toBe('write ?')
  })

  it('does not take the introspection of SQLite for a write', () => {
    const query = CompiledQuery.raw(`select * from pragma_table_info('films')`)
    expect(summarise(query, 'sqlite')).toBe('read, volatile-function')
  })

  it.each<[string, DialectName, string]>([
    ['pragma table_info(films)', 'sqlite', 'read, not-data'],
    [';with x as (select 1 as a) select * from x', 'mssql', 'read ?'],
    [';delete from x', 'mssql', 'write ?'],
    ["select set_config('a.b', 'c', true)", 'postgres', 'read, volatile-function'],
    ["select set_config('a.b', (select 'c'), true)", 'postgres', 'read, volatile-function'],
    ["select set_config('a.b', 'c', false)", 'postgres', 'write ?'],
    ["select set_config('a.b', 'c', not true)", 'postgres', 'write ?'],
    ["select set_config('a.b', 'c', $1)", 'postgres', 'write ?'],
    ['select pg_catalog.set_config($1, $2, $3)', 'postgres', 'write ?'],
    ['select set_limit(0.3)', 'postgres', 'write ?'],
  ])('%s (%s): %s', (text, dialect, expected) => {
    expect(summarise(CompiledQuery.raw(text), dialect)).toBe(expected)
  })

  it('says why it is not known what a query writes', () => {
    const why = (text: string) => {
      const { description } = analyse('postgres', CompiledQuery.raw(text))
      return description.kind === 'write' ? description.opaqueBecause : undefined
    }
    expect(why('select close_month(1), audit.note(2), lower(title) from films')).toBe(
      "it calls close_month(), audit.note(), which may write: see the option stableFunctions, or a hint's tables",
    )
    expect(why('update films set title = 1')).toBe(
      "its text names tables: see sql.table, or a hint's tables",
    )
    expect(why('do $$ begin end $$')).toBe('its text may do anything')
    expect(why('set search_path to x')).toBe('it changes the settings of a session')
  })

  it.each<[string, DialectName, string]>([
    ['select replicate(1) from films', 'mssql', 'read ?'],
    ['select replicate(1) from films', 'postgres', 'write ?'],
    ['select ifnull(a, b) from films', 'sqlite', 'read ?'],
    ['select ifnull(a, b) from films', 'mysql', 'read ?'],
    ['select ifnull(a, b) from films', 'postgres', 'write ?'],
    ['select user_id() from films', 'mssql', 'read ?, volatile-function'],
    ['select user_id() from films', 'postgres', 'write ?'],
    ['select changes() from films', 'sqlite', 'read ?, volatile-function'],
    ['select changes() from films', 'mysql', 'write ?'],
    ['select public.similarity(a, b) from films', 'postgres', 'read ?'],
    ['select extensions.crypt(a, b), public.st_area(c) from films', 'postgres', 'read ?'],
    ['select public.gen_salt(1) from films', 'postgres', 'read ?, volatile-function'],
    ['select public.lower(a) from films', 'postgres', 'write ?'],
    ['select accounts.similarity(a, b) from films', 'postgres', 'write ?'],
    ['select public.similarity(a, b) from films', 'mysql', 'write ?'],
    ['select pg_catalog.lower(a) from films', 'postgres', 'read ?'],
    ['select pg_catalog.lower(a) from films', 'sqlite', 'write ?'],
    ['select sys.lower(a) from films', 'postgres', 'write ?'],
    ['select pragma_x(1) from films', 'postgres', 'write ?'],
  ])('knows the functions of a dialect: %s (%s)', (text, dialect, expected) => {
    expect(summarise(CompiledQuery.raw(text), dialect)).toBe(expected)
  })

  it.each<[string, Compilable, string]>([
    ['a name', db.selectFrom('films as f').select(sql`1`.as(sql`x`)), 'read films'],
    [
      'a name with columns and types',
      db
        .selectFrom(
          sql<{ a: number }>`jsonb_to_recordset(${'[]'})`.as(sql`x(a numeric(3, 1), b text)`),
        )
        .selectAll(),
      'read, not-data',
    ],
    [
      'a name, and another table',
      db.selectFrom(sql<{ a: number }>`${sql.table('films')}`.as(sql`x, genres`)).selectAll(),
      'read ?',
    ],
    [
      'a name, and a join',
      db
        .selectFrom(sql<{ a: number }>`${sql.table('films')}`.as(sql`x join genres on true`))
        .selectAll(),
      'read ?',
    ],
    [
      'a name, and a node that is joined',
      db
        .selectFrom(
          sql<{ a: number }>`${sql.table('films')}`.as(sql`x cross join ${sql.table('genres')}`),
        )
        .selectAll(),
      'read films genres',
    ],
    [
      'a name, and a call',
      db.selectFrom('films').select(sql`1`.as(sql`x, close_month() as y`)),
      'write ?',
    ],
    [
      'the name of a table to write, and more',
      db.deleteFrom(sql`${sql.table('films')}`.as(sql`x using genres`) as never),
      'write ?',
    ],
  ])('looks into an alias that is %s', (_, query, expected) => {
    expect(summarise(query.compile())).toBe(expected)
  })

  it('names the function that a node names', () => {
    const { description } = analyse(
      'postgres',
      sql`select ${sql.ref('audit.close')}(1)`.compile(db),
    )
    expect(description).toMatchObject({
      opaqueBecause: expect.stringContaining('audit.close()') as string,
    })
    expect(
      summarise(sql`select ${sql.id('lower')}('A') from ${sql.table('films')}`.compile(db)),
    ).toBe('read films')
    expect(summarise(sql`select ${sql.ref('x.lower')}('A')`.compile(db))).toBe('write ?')
  })
})
