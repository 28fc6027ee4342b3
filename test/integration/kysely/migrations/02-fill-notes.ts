import { type Kysely, sql } from 'kysely'

interface Notes {
  notes: { id: number; body: string }
}

export async function up(db: Kysely<Notes>): Promise<void> {
  await db.insertInto('notes').values({ id: 1, body: 'by builder' }).execute()
  await sql`insert into notes (id, body) values (2, 'by hand')`.execute(db)
}

export async function down(db: Kysely<Notes>): Promise<void> {
  await db.deleteFrom('notes').execute()
}
