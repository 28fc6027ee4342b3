import type { Db, Run } from './statement.ts'

/** What became of a statement: its result, or what its error says of itself. */
export interface Outcome {
  readonly result?: unknown
  readonly error?: Readonly<Record<string, unknown>> & { readonly message: string }
}

export async function outcome(run: Run, db: Db): Promise<Outcome> {
  try {
    const running = run(db)
    return { result: await ('execute' in running ? running.execute() : running) }
  } catch (error) {
    const { constructor, name, message } = error as Error
    // What a driver puts on its errors can be enumerated: the code, the detail. The stack cannot.
    return {
      error: { ...Object.fromEntries(Object.entries(error as Error)), constructor, name, message },
    }
  }
}
