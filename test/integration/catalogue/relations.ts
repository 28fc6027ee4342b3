import type { DatabaseName, TestDatabase } from '../../support/databases.ts'

/** Tables around which a database does things by itself. */
export interface Relations {
  parents: { id: number; code: string; name: string }
  children: { id: number; parent_id: number | null; name: string }
  grandchildren: { id: number; child_id: number | null }
  by_code: { id: number; parent_code: string }
  tree: { id: number; up: number | null }
  audit: { id: number; what: string }
  logged: { id: number; name: string }
  stamped: { id: number; name: string; stamp: number }
  stamped_refs: { id: number; stamped_id: number }
  opaque: { id: number; name: string }
  parent_names: { id: number; name: string }
  loud_names: { id: number; name: string }
  moments: { id: number; at: string }
  whole: { id: number; name: string }
  part_low: { id: number; name: string }
  part_high: { id: number; name: string }
  base: { id: number; name: string }
  derived: { id: number; name: string }
  ruled: { id: number; name: string }
  snapshot: { id: number; name: string }
  summary: { id: number; name: string }
  secured: { id: number; name: string }
  numbered: { id: number; number: number }
  counters: { id: number; last: number }
}

const EVERYWHERE = [
  'create table parents (id int primary key, code varchar(20) not null unique, name varchar(20) not null)',
  `create table children (id int primary key, parent_id int, name varchar(20) not null,
    foreign key (parent_id) references parents (id) on delete cascade)`,
  `create table grandchildren (id int primary key, child_id int,
    foreign key (child_id) references children (id) on delete set null)`,
  `create table by_code (id int primary key, parent_code varchar(20),
    foreign key (parent_code) references parents (code) on delete cascade on update cascade)`,
  `create table tree (id int primary key, up int, foreign key (up) references tree (id) on delete cascade)`,
  'create table logged (id int primary key, name varchar(20) not null)',
  'create table stamped (id int primary key, name varchar(20) not null, stamp int)',
  `create table stamped_refs (id int primary key, stamped_id int,
    foreign key (stamped_id) references stamped (id) on delete cascade on update cascade)`,
  'create table opaque (id int primary key, name varchar(20) not null)',
  'create view parent_names as select id, name from parents',
  'create view loud_names as select id, upper(name) as name from parent_names',
  'create view moments as select id, current_timestamp as at from parents',
]

const POSTGRES = [
  ...EVERYWHERE,
  'create table audit (id serial primary key, what text not null)',
  `create function log_it() returns trigger language plpgsql as $$
    begin insert into audit (what) values (new.name); return new; end $$`,
  'create trigger log_it after insert or update on logged for each row execute function log_it()',
  `create function stamp_it() returns trigger language plpgsql as $$
    begin new.stamp := coalesce(old.stamp, 0) + 1; return new; end $$`,
  'create trigger stamp_it before update on stamped for each row execute function stamp_it()',
  `create function hide_it() returns trigger language plpgsql as $$
    begin execute 'insert into ' || 'audit (what) values ($1)' using new.name; return new; end $$`,
  'create trigger hide_it after update on opaque for each row execute function hide_it()',
  'create table whole (id int, name text) partition by range (id)',
  'create table part_low partition of whole for values from (0) to (10)',
  'create table part_high partition of whole for values from (10) to (20)',
  'create table base (id int, name text)',
  'create table derived () inherits (base)',
  'create table ruled (id int, name text)',
  `create rule log_rule as on update to ruled do also insert into audit (what) values ('rule')`,
  'create materialized view snapshot as select id, name from parents',
  `create view summary as select id, name || '!' as name from parents`,
  `create function write_summary() returns trigger language plpgsql as $$
    begin update parents set name = new.name where id = new.id; return new; end $$`,
  `create trigger write_summary instead of update on summary for each row execute function write_summary()`,
  'create table secured (id int, name text)',
  'alter table secured enable row level security',
  'create policy everything on secured using (true)',
  'create table counters (id int primary key, last int)',
  `create function next_number() returns int language sql as
    'update counters set last = last + 1 where id = 1 returning last'`,
  'create table numbered (id int primary key, number int default next_number())',
]

const DEFINITIONS: Readonly<Record<DatabaseName, readonly string[]>> = {
  postgres: POSTGRES,
  pglite: POSTGRES,
  mariadb: [
    ...EVERYWHERE,
    'create table audit (id int primary key auto_increment, what varchar(20) not null)',
    'create trigger log_insert after insert on logged for each row insert into audit (what) values (new.name)',
    // The connection that defines it has ANSI_QUOTES.
    'create trigger log_update after update on logged for each row insert into "audit" ("what") values (new.name)',
    'create trigger stamp_it before update on stamped for each row set new.stamp = coalesce(old.stamp, 0) + 1',
    'create procedure hide_it(what varchar(20)) insert into audit (what) values (what)',
    'create trigger hide_it after update on opaque for each row call hide_it(new.name)',
  ],
  sqlite: [
    ...EVERYWHERE,
    'create table audit (id integer primary key, what text not null)',
    `create trigger log_insert after insert on logged begin insert into audit (what) values (new.name); end`,
    `create trigger log_update after update on logged begin insert into audit (what) values (new.name); end`,
    `create view summary as select id, name || '!' as name from parents`,
    `create trigger write_summary instead of update on summary
      begin update parents set name = new.name where id = new.id; end`,
  ],
}

/** Once for a database, past every cache. */
export async function createRelations(database: TestDatabase): Promise<void> {
  for (const statement of DEFINITIONS[database.name]) await database.sql(statement)
}

export async function fillRelations(database: TestDatabase): Promise<void> {
  const { name } = database
  const sql = (text: string) => database.sql(text)
  const own = [
    ...[
      'grandchildren',
      'children',
      'by_code',
      'parents',
      'tree',
      'audit',
      'logged',
      'stamped_refs',
    ],
    ...['stamped', 'opaque'],
  ]
  const ofPostgres = ['whole', 'derived', 'base', 'ruled', 'secured', 'numbered', 'counters']
  const isPostgres = name === 'postgres' || name === 'pglite'
  for (const table of isPostgres ? [...own, ...ofPostgres] : own) await sql(`delete from ${table}`)
  await sql(`insert into parents values (1, 'one', 'One'), (2, 'two', 'Two')`)
  await sql(`insert into children values (1, 1, 'a'), (2, 2, 'b')`)
  await sql('insert into grandchildren values (1, 1), (2, 2)')
  await sql(`insert into by_code values (1, 'one'), (2, 'two')`)
  await sql('insert into tree values (1, null), (2, 1), (3, 2), (4, null)')
  await sql(`insert into logged values (1, 'x')`)
  await sql(`insert into stamped values (1, 'x', 0)`)
  await sql('insert into stamped_refs values (1, 1)')
  await sql(`insert into opaque values (1, 'x')`)
  if (!isPostgres) return
  await sql(`insert into whole values (1, 'low'), (11, 'high')`)
  await sql(`insert into base values (1, 'base')`)
  await sql(`insert into derived values (2, 'derived')`)
  await sql(`insert into ruled values (1, 'x')`)
  await sql(`insert into secured values (1, 'x')`)
  await sql('insert into counters values (1, 0)')
  await sql('refresh materialized view snapshot')
}
