import { type ControlledTransaction, type Kysely, sql } from 'kysely'
import type { Rows } from './open-place.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { rolledBack } from './rolled-back.ts'
import type { KyselyMember, Member, Step } from './series.ts'

type Db = Kysely<Rows>
type Transaction = Extract<Step, { kind: 'transaction' }>
type Savepoint = Extract<KyselyMember, { savepoint: unknown }>
/** Runs one member, and never throws. */
export type Take = (db: Db, member: Member) => Promise<Outcome>

/** The outcome of each member, and of the whole at the end. */
export async function runInKysely(db: Db, step: Transaction, take: Take): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  const end = await outcomeOf(async () => {
    switch (step.how) {
      case 'callback': {
        const builder = db.transaction()
        const begun = step.isolation ? builder.setIsolationLevel(step.isolation) : builder
        return begun.execute(async (trx) => {
          for (const member of step.members) outcomes.push(await take(trx, member as Member))
          if (step.end === 'roll back') throw rolledBack
        })
      }
      case 'controlled': {
        const builder = db.startTransaction()
        const begun = step.isolation ? builder.setIsolationLevel(step.isolation) : builder
        const trx = await begun.execute()
        for (const member of step.members) {
          outcomes.push(
            isSavepoint(member) ? await inSavepoint(trx, member, take) : await take(trx, member),
          )
        }
        return (step.end === 'commit' ? trx.commit() : trx.rollback()).execute()
      }
      case 'pinned':
        return db.connection().execute(async (connection) => {
          await sql`begin`.execute(connection)
          for (const member of step.members) {
            outcomes.push(
              isSavepoint(member)
                ? await inRawSavepoint(connection, member, take)
                : await take(connection, member),
            )
          }
          await sql.raw(step.end === 'commit' ? 'commit' : 'rollback').execute(connection)
        })
    }
  })
  return [...outcomes, end]
}

export function isSavepoint(member: KyselyMember): member is Savepoint {
  return typeof member === 'object' && 'savepoint' in member
}

function inSavepoint(
  trx: ControlledTransaction<Rows, string[]>,
  { savepoint, end }: Savepoint,
  take: Take,
): Promise<Outcome> {
  return outcomeOf(async () => {
    const outcomes: Outcome[] = []
    const inner = await trx.savepoint('inner').execute()
    for (const member of savepoint) outcomes.push(await take(inner, member))
    await (
      end === 'release' ? inner.releaseSavepoint('inner') : inner.rollbackToSavepoint('inner')
    ).execute()
    return outcomes
  })
}

function inRawSavepoint(
  connection: Db,
  { savepoint, end }: Savepoint,
  take: Take,
): Promise<Outcome> {
  return outcomeOf(async () => {
    const outcomes: Outcome[] = []
    await sql`savepoint inner_one`.execute(connection)
    for (const member of savepoint) outcomes.push(await take(connection, member))
    await sql
      .raw(end === 'release' ? 'release savepoint inner_one' : 'rollback to savepoint inner_one')
      .execute(connection)
    return outcomes
  })
}
