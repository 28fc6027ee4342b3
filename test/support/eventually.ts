import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits until something is so that another program brings about, as the election of a new primary.
 *
 * @param what for the error, when it does not come about
 * @param condition asked again and again; a rejection counts as no
 */
export async function eventually(
  what: string,
  condition: () => Promise<boolean>,
  { timeoutMs = 30_000, everyMs = 25 } = {},
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      if (await condition()) return
      last = undefined
    } catch (error) {
      last = error
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${timeoutMs} ms in vain until ${what}`, { cause: last })
    }
    await sleep(everyMs)
  }
}
