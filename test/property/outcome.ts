import { InsertResult } from 'kysely'
import { inspect, isDeepStrictEqual } from 'node:util'

/** What a call gave, or all that its caller can tell of the error. */
export type Outcome = { readonly result: unknown } | { readonly error: unknown }

export async function outcomeOf(run: () => Promise<unknown>): Promise<Outcome> {
  try {
    return { result: withoutInsertId(await run()) }
  } catch (error) {
    return { error: described(error) }
  }
}

/** Where no id was given, MySQL and SQLite name the last one of the connection. */
function withoutInsertId(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(withoutInsertId)
  if (result instanceof InsertResult) {
    return new InsertResult(undefined, result.numInsertedOrUpdatedRows)
  }
  if (typeof result !== 'object' || result === null || !('insertId' in result)) return result
  return { ...result, insertId: undefined }
}

function described(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, constructor } = error
  const { code, meta, detail, constraint } = error as unknown as Record<string, unknown>
  return { name, message: withoutNumbers(message), constructor, code, meta, detail, constraint }
}

/** The database counts its connections and transactions. */
function withoutNumbers(message: string): string {
  return message.replaceAll(/Transaction ID: [\w-]+/g, '')
}

/** What the cache gave, and what the database says. */
class Difference extends Error {
  constructor(what: string, got: unknown, expected: unknown) {
    const show = (value: unknown) => inspect(value, { depth: 8, breakLength: 120, sorted: false })
    super(`${what}\n--- got\n${show(got)}\n--- expected\n${show(expected)}`)
    this.name = 'Difference'
  }
}

/** @throws Difference unless both are deeply equal, prototypes and missing fields included */
export function checkSame(
  what: () => string,
  got: Outcome,
  expected: Outcome,
  isOrdered: boolean,
): void {
  if (isDeepStrictEqual(got, expected)) return
  if (!isOrdered && isDeepStrictEqual(sorted(got), sorted(expected))) return
  throw new Difference(what(), got, expected)
}

/** Rows without an ORDER BY come in any order. */
function sorted(outcome: Outcome): unknown {
  if (!('result' in outcome) || !Array.isArray(outcome.result)) return outcome
  return outcome.result
    .map((row: unknown) => [inspect(row, { depth: 9 }), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, row]) => row)
}
