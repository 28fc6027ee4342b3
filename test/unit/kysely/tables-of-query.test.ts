import { type Compilable, type Kysely, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import { describe, expect, it } from 'vitest'
import type { Tables } from '../../../prisma/tables.ts'
import { analyse, compilerFor, type DialectName, summaryOf } from './dialects.ts'

type Build = (db: Kysely<Tables>) => Compilable

const dialects: readonly DialectName[] = ['postgres', 'mysql', 'sqlite', 'mssql']

function summarise(dialect: DialectName, build: Build): string {
  return summaryOf(analyse(dialect, build(compilerFor(dialect))))
}

describe.each(dialects)('the tables that a builder query reads and writes, on %s', (dialect) => {
  const cases: Record<string, [Build, string]> = {
    'select from': [(db) => db.selectFrom('films').selectAll(), 'read films'],
    'select from two': [
      (db) => db.selectFrom(['films', 'genres']).selectAll(),
      'read films genres',
    ],
    alias: [(db) => db.selectFrom('films as f').select('f.title as t'), 'read films'],
    'default schema': [
      (db) =>
        db
          .withSchema(dialect === 'sqlite' ? 'main' : 'public')
          .selectFrom('films')
          .selectAll(),
      {
        postgres: 'read films',
        sqlite: 'read films',
        mysql: 'read public.films',
        mssql: 'read public.films',
      }[dialect],
    ],
    'other schema': [
      (db) => db.withSchema('audit').selectFrom('films').selectAll(),
      'read audit.films',
    ],
    joins: [
      (db) =>
        db
          .selectFrom('films as f')
          .innerJoin('genres as g', 'g.id', 'f.genre_id')
          .leftJoin('directors', 'directors.id', 'f.director_id')
          .select(['f.title', 'g.name']),
      'read directors films genres',
    ],
    'lateral join': [
      (db) =>
        db
          .selectFrom('films as f')
          .leftJoinLateral(
            (eb) => eb.selectFrom('reviews').selectAll().whereRef('film_id', '=', 'f.id').as('r'),
            (join) => join.onTrue(),
          )
          .select('f.title'),
      'read films reviews',
    ],
    'subquery in select, where and order': [
      (db) =>
        db
          .selectFrom('films as f')
          .select((eb) =>
            eb.selectFrom('genres').select('name').whereRef('genres.id', '=', 'f.genre_id').as('g'),
          )
          .where('f.id', 'in', (eb) => eb.selectFrom('reviews').select('film_id'))
          .where((eb) => eb.exists(eb.selectFrom('routes').selectAll()))
          .orderBy((eb) => eb.selectFrom('airports').select('name').limit(1)),
      'read airports films genres reviews routes',
    ],
    'from a subquery': [
      (db) => db.selectFrom((eb) => eb.selectFrom('films').select('id').as('x')).selectAll(),
      'read films',
    ],
    'set operations': [
      (db) =>
        db
          .selectFrom('films')
          .select('id')
          .union((eb) => eb.selectFrom('genres').select('id'))
          .intersect(db.selectFrom('directors').select('id'))
          .except(db.selectFrom('reviews').select('id')),
      'read directors films genres reviews',
    ],
    'common table expression': [
      (db) =>
        db
          .with('top', (eb) => eb.selectFrom('films').select('id'))
          .with('reviewed', (eb) =>
            eb.selectFrom('top').innerJoin('reviews', 'film_id', 'top.id').select('top.id'),
          )
          .selectFrom('reviewed')
          .selectAll(),
      'read films reviews',
    ],
    'an expression hides a table only where it is in scope': [
      (db) =>
        db
          .selectFrom('genres')
          .selectAll()
          .where('id', 'in', () =>
            db
              .with('genres', (eb) => eb.selectFrom('films').select('genre_id as id'))
              .selectFrom('genres')
              .select('id'),
          ),
      'read films genres',
    ],
    'an expression that selects from the table it hides': [
      (db) =>
        db
          .with('films', (eb) => eb.selectFrom('films').select('id'))
          .selectFrom('films')
          .selectAll(),
      'read films',
    ],
    'a qualified name is a table': [
      (db) =>
        db
          .with('films', (eb) => eb.selectFrom('genres').select('id'))
          .selectFrom('audit.films' as 'films')
          .selectAll(),
      'read audit.films genres',
    ],
    'recursive expression': [
      (db) =>
        db
          .withRecursive('chain', (eb) =>
            eb
              .selectFrom('films')
              .select(['id', 'sequel_of_id'])
              .unionAll(
                eb
                  .selectFrom('films as f')
                  .innerJoin('chain', 'chain.id', 'f.sequel_of_id')
                  .select(['f.id', 'f.sequel_of_id']),
              ),
          )
          .selectFrom('chain')
          .selectAll(),
      'read films',
    ],
    '$if and $call': [
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .$if(true, (qb) => qb.innerJoin('genres', 'genres.id', 'films.genre_id'))
          .$call((qb) => qb.where('films.id', '>', 1)),
      'read films genres',
    ],
    insert: [(db) => db.insertInto('genres').values({ name: 'Drama' }), 'write genres'],
    'insert from a select': [
      (db) =>
        db
          .insertInto('genres')
          .columns(['name'])
          .expression((eb) => eb.selectFrom('directors').select('name')),
      'write genres',
    ],
    update: [
      (db) => db.updateTable('films').set({ title: 'x' }).where('id', '=', 1),
      'write films',
    ],
    'update under an alias': [
      (db) => db.updateTable('films as f').set({ title: 'x' }),
      'write films',
    ],
    delete: [(db) => db.deleteFrom('films').where('id', '=', 1), 'write films'],
    'delete with a subquery': [
      (db) =>
        db
          .deleteFrom('films')
          .where('id', 'in', (eb) => eb.selectFrom('reviews').select('film_id')),
      'write films',
    ],
    merge: [
      (db) =>
        db
          .mergeInto('films as f')
          .using('reviews as r', 'r.film_id', 'f.id')
          .whenMatchedAnd('f.title', '=', 'x')
          .thenDelete()
          .whenMatched()
          .thenUpdateSet({ title: 'y' })
          .whenNotMatched()
          .thenInsertValues({ title: 'z' }),
      'write films',
    ],
    'create table': [(db) => db.schema.createTable('x').addColumn('id', 'integer'), 'write x'],
    'create table as': [
      (db) => db.schema.createTable('x').as(db.selectFrom('films').select('id')),
      'write x',
    ],
    'alter table': [(db) => db.schema.alterTable('films').addColumn('x', 'integer'), 'write films'],
    'rename table': [
      (db) => db.schema.alterTable('films').renameTo('movies'),
      'write films movies',
    ],
    'move table': [(db) => db.schema.alterTable('films').setSchema('old'), 'write films old.films'],
    'drop table': [(db) => db.schema.dropTable('films'), 'write films'],
    'drop table cascade': [(db) => db.schema.dropTable('films').cascade(), 'write ?'],
    'create index': [(db) => db.schema.createIndex('i').on('films').column('title'), 'write films'],
    'drop index': [(db) => db.schema.dropIndex('i').on('films'), 'write films'],
    'create view': [
      (db) => db.schema.createView('v').as(db.selectFrom('films').selectAll()),
      'write ?',
    ],
    'drop view': [(db) => db.schema.dropView('v'), 'write ?'],
    'refresh view': [(db) => db.schema.refreshMaterializedView('v'), 'write ?'],
    'create schema': [(db) => db.schema.createSchema('s'), 'write ?'],
    'drop schema': [(db) => db.schema.dropSchema('s'), 'write ?'],
    'create type': [(db) => db.schema.createType('t').asEnum(['a']), 'write ?'],
    'drop type': [(db) => db.schema.dropType('t'), 'write ?'],
    'no table': [(db) => db.selectNoFrom((eb) => eb.lit(1).as('one')), 'read, not-data'],
    'for update': [
      (db) => db.selectFrom('films').selectAll().forUpdate(),
      'read films, locking-read',
    ],
    'skip locked, deeper': [
      (db) =>
        db
          .selectFrom('genres')
          .selectAll()
          .where('id', 'in', (eb) =>
            eb.selectFrom('films').select('genre_id').forShare().skipLocked().$castTo<never>(),
          ),
      'read films genres, locking-read',
    ],
    'volatile function, deeper': [
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where('released_on', '<', (eb) =>
            eb.fn<Date>('coalesce', [eb.fn('current_timestamp'), eb.val(null)]),
          ),
      'read films, volatile-function',
    ],
    'volatile function by option': [
      (db) => db.selectFrom('films').select((eb) => eb.fn<number>('roll_dice').as('x')),
      'read films, volatile-function',
    ],
    'a time that moves on': [
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where('released_on', '<', sql.lit('today') as never),
      'read films, volatile-function',
    ],
    'built-in functions': [
      (db) =>
        db.selectFrom('films').select((eb) => [
          eb.fn.countAll().as('n'),
          eb.fn.max('imdb_votes').as('most'),
          eb.fn.coalesce('title', eb.val('')).as('t'),
          eb.fn
            .agg('row_number')
            .over((o) => o.orderBy('id'))
            .as('r'),
          eb.fn('lower', ['title']).as('l'),
          eb.cast('id', 'text').as('c'),
        ]),
      'read films',
    ],
    'a function by option': [
      (db) => db.selectFrom('films').select((eb) => eb.fn<number>('similar_film', ['id']).as('x')),
      'read films',
    ],
    'a function that nobody knows': [
      (db) => db.selectFrom('films').select((eb) => eb.fn<number>('pay_royalties', ['id']).as('x')),
      'write ?',
    ],
    'a function of another schema': [
      (db) =>
        db.selectFrom('films').select((eb) => eb.fn<number>('audit.lower', ['title']).as('x')),
      'write ?',
    ],
    'a function name that is more than a name': [
      (db) => db.selectFrom('films').select((eb) => eb.fn<number>('pay() + abs', ['id']).as('x')),
      'write ?',
    ],
    'migration tables': [
      (db) => db.selectFrom('kysely_migration' as 'films').selectAll(),
      'read kysely_migration, not-data',
    ],
    catalogue: [
      (db) => db.selectFrom('information_schema.tables' as 'films').selectAll(),
      'read information_schema.tables, not-data',
    ],
    'insert of a raw value': [
      (db) => db.insertInto('genres').values({ name: sql`upper(${'x'})` }),
      'write genres',
    ],
  }

  it.each(Object.entries(cases))('%s', (_, [build, expected]) => {
    // SQL Server sees the target of a mutation in what stands beside it.
    expect(summarise(dialect, build)).toBe(expected)
  })

  it('takes effect at once where it changes the schema', () => {
    const query = compilerFor(dialect).schema.dropTable('films')
    expect(analyse(dialect, query).description).toMatchObject({ takesEffect: 'at-once' })
  })
})

describe('what only some dialects have', () => {
  const cases: [string, DialectName, Build, string][] = [
    [
      'data-modifying expressions make a select a write',
      'postgres',
      (db) =>
        db
          .with('gone', (eb) =>
            eb.deleteFrom('reviews').where('stars', '=', 1).returning('film_id'),
          )
          .with('new', (eb) => eb.insertInto('genres').values({ name: 'x' }).returning('id'))
          .selectFrom('films')
          .innerJoin('gone', 'gone.film_id', 'films.id')
          .selectAll(),
      'write genres reviews',
    ],
    [
      'an expression does not hide the target of a mutation',
      'postgres',
      (db) =>
        db
          .with('films', (eb) => eb.selectFrom('genres').select('id'))
          .updateTable('films')
          .set({ title: 'x' }),
      'write films',
    ],
    [
      'update from reads the other table',
      'postgres',
      (db) =>
        db
          .updateTable('films as f')
          .from('genres as g')
          .set({ title: 'x' })
          .whereRef('g.id', '=', 'f.genre_id'),
      'write films',
    ],
    [
      'delete using reads the other table',
      'postgres',
      (db) => db.deleteFrom('films').using('reviews').whereRef('reviews.film_id', '=', 'films.id'),
      'write films',
    ],
    [
      'on conflict',
      'postgres',
      (db) =>
        db
          .insertInto('genres')
          .values({ name: 'x' })
          .onConflict((c) =>
            c.column('name').doUpdateSet({ name: (eb) => eb.ref('excluded.name') }),
          ),
      'write genres',
    ],
    [
      'several targets',
      'mysql',
      (db) => db.updateTable(['films', 'genres']).set({ title: 'x' }),
      'write films genres',
    ],
    [
      'delete from several',
      'mysql',
      (db) => db.deleteFrom(['films', 'reviews']).using(['films', 'reviews', 'genres']),
      'write films genres reviews',
    ],
    ['replace', 'mysql', (db) => db.replaceInto('genres').values({ name: 'x' }), 'write genres'],
    [
      'an alias that is declared in FROM',
      'mssql',
      (db) =>
        db
          .updateTable('f' as 'films')
          .from('films as f')
          .set({ title: 'x' }),
      'write f films',
    ],
    [
      'an update through an expression',
      'mssql',
      (db) =>
        db
          .with('x', (eb) => eb.selectFrom('films').selectAll())
          .updateTable('x')
          .set({ title: 'x' }),
      'write films x',
    ],
    [
      'jsonArrayFrom',
      'postgres',
      (db) =>
        db
          .selectFrom('films')
          .select((eb) =>
            jsonArrayFrom(
              eb.selectFrom('reviews').selectAll().whereRef('film_id', '=', 'films.id'),
            ).as('r'),
          ),
      'read films reviews',
    ],
    [
      'a row as a value',
      'postgres',
      (db) => db.selectFrom('films as f').select((eb) => eb.fn.toJson('f').as('j')),
      'read films',
    ],
    [
      'explain',
      'postgres',
      (db) => db.selectFrom('films').selectAll().$call(explained),
      'read films, not-data',
    ],
    [
      'a date function without a date',
      'sqlite',
      (db) => db.selectFrom('films').select((eb) => eb.fn('datetime').as('x')),
      'read films, volatile-function',
    ],
    [
      'a date function of a column',
      'sqlite',
      (db) => db.selectFrom('films').select((eb) => eb.fn('datetime', ['released_on']).as('x')),
      'read films',
    ],
    [
      'merge',
      'mssql',
      (db) =>
        db
          .mergeInto('films')
          .using('genres', 'genres.id', 'films.genre_id')
          .whenMatched()
          .thenDelete(),
      'write films',
    ],
  ]

  it.each(cases)('%s (%s)', (_, dialect, build, expected) => {
    expect(summarise(dialect, build)).toBe(expected)
  })
})

describe('raw fragments inside of a builder query', () => {
  const cases: [string, Build, string][] = [
    [
      'text without tables',
      (db) => db.selectFrom('films').select(sql<string>`lower(title) || ' x'`.as('x')),
      'read films',
    ],
    [
      'a subquery in text',
      (db) => db.selectFrom('films').select(sql`(select count(*) from reviews)`.as('n')),
      'read ?',
    ],
    [
      'a subquery with sql.table',
      (db) =>
        db.selectFrom('films').select(sql`(select count(*) from ${sql.table('reviews')})`.as('n')),
      'read films reviews',
    ],
    [
      'a subquery with sql.id',
      (db) =>
        db
          .selectFrom('films')
          .select(sql`(select count(*) from ${sql.id('audit', 'reviews')})`.as('n')),
      'read audit.reviews films',
    ],
    [
      'a subquery with sql.ref',
      (db) =>
        db.selectFrom('films').select(sql`(select 1 from ${sql.ref('public.reviews')})`.as('n')),
      'read films reviews',
    ],
    [
      'a subquery as a node',
      (db) =>
        db
          .selectFrom('films')
          .select(sql`coalesce(${db.selectFrom('genres').select('id')}, 1)`.as('n')),
      'read films genres',
    ],
    [
      'a table in text',
      (db) => db.selectFrom(sql<{ id: number }>`films`.as('f')).selectAll(),
      'read ?',
    ],
    [
      'a table function',
      (db) => db.selectFrom(sql<{ n: number }>`generate_series(1, ${10})`.as('n')).selectAll(),
      'read, not-data',
    ],
    [
      'values',
      (db) =>
        db
          .selectFrom('films')
          .innerJoin(sql<{ n: number }>`(values (1), (2))`.as('v'), (j) => j.onTrue())
          .selectAll(),
      'read films',
    ],
    [
      'an alias with columns',
      (db) =>
        db
          .selectFrom('films')
          .innerJoin(sql<{ n: number }>`(values (1))`.as<'v'>(sql`v(n)`), (j) => j.onTrue())
          .selectAll('films'),
      'read films',
    ],
    [
      'extract',
      (db) => db.selectFrom('films').select(sql`extract(year from released_on)`.as('y')),
      'read films',
    ],
    [
      'is distinct from',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where(sql<boolean>`title is distinct from source`),
      'read films',
    ],
    [
      'now()',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where(sql<boolean>`released_on < now()`),
      'read films, volatile-function',
    ],
    [
      'current_date',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where(sql<boolean>`released_on < current_date`),
      'read films, volatile-function',
    ],
    [
      "'now'",
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where(sql<boolean>`released_on < 'now'::timestamptz`),
      'read films, volatile-function',
    ],
    [
      'for update',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .modifyEnd(sql`for update of films`),
      'read films, locking-read',
    ],
    [
      'tablesample',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .modifyEnd(sql`tablesample system (1)`),
      'read films, volatile-function',
    ],
    [
      'a function that nobody knows',
      (db) => db.selectFrom('films').select(sql`pay_royalties(id)`.as('x')),
      'write ?',
    ],
    [
      'an insert in text',
      (db) =>
        db
          .with(
            'x',
            () => sql<{ id: number }>`insert into reviews default values returning id` as never,
          )
          .selectFrom('films')
          .selectAll(),
      'write ?',
    ],
    [
      'an insert with sql.table',
      (db) =>
        db
          .with(
            'x',
            () =>
              sql<{
                id: number
              }>`insert into ${sql.table('reviews')} default values returning id` as never,
          )
          .selectFrom('films')
          .selectAll(),
      'write films reviews',
    ],
    [
      'a cast with a length',
      (db) => db.selectFrom('films').select(sql`title::varchar(10)`.as('x')),
      'read films',
    ],
    [
      'an operator with text',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where('title', sql<'='>`~*`, 'x'),
      'read films',
    ],
    [
      'a keyword inside of a literal',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where(sql<boolean>`title = 'update from reviews'`),
      'read films',
    ],
    [
      'an open quote',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .where(sql<boolean>`title = '`),
      'write ?',
    ],
    [
      'a second statement',
      (db) =>
        db
          .selectFrom('films')
          .selectAll()
          .modifyEnd(sql`; delete from ${sql.table('genres')}`),
      'write ?',
    ],
    [
      'on conflict in text',
      (db) =>
        db
          .insertInto('genres')
          .values({ name: 'x' })
          .modifyEnd(sql`on conflict (name) do update set name = 'x'`),
      'write genres',
    ],
  ]

  it.each(cases)('%s', (_, build, expected) => {
    expect(summarise('postgres', build)).toBe(expected)
  })
})

it('lets a hint vouch for a function that nobody knows', () => {
  const query = compilerFor('postgres')
    .selectFrom('films')
    .select((eb) => eb.fn<number>('pay_royalties', ['id']).as('x'))
  expect(analyse('postgres', query).vouched).toEqual({
    kind: 'read',
    tables: 'unknown',
    found: ['films'],
  })
})

function explained(query: Compilable): Compilable {
  const compiled = query.compile()
  return {
    compile: () =>
      ({ ...compiled, query: { ...compiled.query, explain: { kind: 'ExplainNode' } } }) as never,
  }
}
