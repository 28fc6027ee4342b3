import type { Redis } from 'ioredis'

/** Runs a call as all others are run: with a time limit, and not at all where the server failed lately. */
export type Run = <T>(call: () => Promise<T>) => Promise<T>

/**
 * The names on one server that fit a pattern, in batches, without what the client puts before each. What is there from the
 * first to the last is among them, maybe more than once. Nobody else waits: each step of the server is a short one.
 *
 * @param prefix that the client puts before names by itself, which it does not for patterns
 * @param pattern of Redis, see `literally`
 */
export async function* scanServer(
  connection: Redis,
  run: Run,
  prefix: string,
  pattern: string,
): AsyncIterable<readonly string[]> {
  const match = literally(prefix) + pattern
  let cursor = '0'
  do {
    const [next, names] = await answered(run, () =>
      connection.scan(cursor, 'MATCH', match, 'COUNT', STEP),
    )
    cursor = next
    if (names.length > 0) yield names.map((name) => name.slice(prefix.length))
  } while (cursor !== '0')
}

/** How many names the server looks at before it answers others. */
const STEP = 1000

/** Text for a pattern of Redis, in which every character stands for itself. */
export function literally(text: string): string {
  return text.replaceAll(/[*?[\]\\^-]/g, String.raw`\$&`)
}

/** An answer that refuses, such as for want of permission, is an answer: the server has not failed. */
export async function answered<T>(run: Run, ask: () => Promise<T>): Promise<T> {
  const answer = await run(async () => {
    try {
      return { value: await ask() }
    } catch (refusal) {
      if (refusal instanceof Error && refusal.name === 'ReplyError') return { refusal }
      throw refusal
    }
  })
  if ('refusal' in answer) throw answer.refusal
  return answer.value
}
