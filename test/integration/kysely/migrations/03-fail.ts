import { type Kysely, sql } from 'kysely'

/** Changes something, and then fails: what is left of it depends on the database. */
export async function up(db: Kysely<{ notes: { body: string } }>): Promise<void> {
  await db.updateTable('notes').set({ body: 'half done' }).execute()
  await sql`select * from nowhere`.execute(db)
}
