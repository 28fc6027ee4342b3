import { type Outcome, outcomeOf } from './outcome.ts'
import type { Operation } from './prisma-models.ts'
import { rolledBack } from './rolled-back.ts'
import type { Step } from './series.ts'
import { type AnyPrisma, startPrisma } from './tenant.ts'

type PrismaTransaction = Extract<Step, { kind: 'batch' | 'interactive' | 'nested' }>

/** The outcome of each operation, or of a batch as a whole, and how the transaction ended. */
export async function runInPrisma(
  client: AnyPrisma,
  { kind, end }: Omit<PrismaTransaction, 'members'>,
  operations: readonly Operation[],
): Promise<Outcome[]> {
  if (kind === 'batch') {
    const batch = () => operations.map((operation) => startPrisma(client, operation))
    return [await outcomeOf(async () => client.$transaction(batch()))]
  }
  const outcomes: Outcome[] = []
  const run = async (tx: unknown, some: readonly Operation[]) => {
    for (const operation of some) {
      outcomes.push(await outcomeOf(async () => startPrisma(tx as AnyPrisma, operation)))
    }
  }
  const nested = (tx: unknown) =>
    (tx as AnyPrisma).$transaction(async (inner) => {
      await run(inner, operations.slice(1))
      throw rolledBack
    })
  const whole = await outcomeOf(() =>
    client.$transaction(async (tx) => {
      if (kind === 'interactive') await run(tx, operations)
      else {
        await run(tx, operations.slice(0, 1))
        await outcomeOf(() => nested(tx))
      }
      if (end === 'roll back') throw rolledBack
    }),
  )
  return [...outcomes, whole]
}
