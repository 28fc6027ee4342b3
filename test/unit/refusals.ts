import { TidemarkError, type TidemarkErrorCode } from '@tidemark/core'
import { expect, it } from 'vitest'

/** Something that a user gets wrong, and what the error says of it. */
export type Refusal = readonly [message: string, act: () => unknown, code?: TidemarkErrorCode]

/** Says of each that it is refused, with this message as a whole and with its code. */
export function refuses(refusals: readonly Refusal[]): void {
  it.each(refusals.map(([message, act, code = 'INVALID_OPTION']) => ({ message, act, code })))(
    '$message',
    async ({ message, act, code }) => {
      const error = await errorOf(act)
      expect(error).toBeInstanceOf(TidemarkError)
      expect({ code: (error as TidemarkError).code, message: (error as Error).message }).toEqual({
        code,
        message,
      })
    },
  )
}

/** Says that each option whose name the message lists is refused in some form by one of `refusals`. */
export function refusesEach(message: string, prefix: string, refusals: readonly Refusal[]): void {
  const names = /expected one of ([^(]+)/.exec(message)?.[1]?.trim().split(', ') ?? []
  it(`${names.length} options, each of them where it is wrong: ${names.join(', ')}`, () => {
    expect(names.length).toBeGreaterThan(0)
    const refused = refusals.map(([text]) => text)
    for (const name of names) {
      const own = refused.filter((text) =>
        [':', '.', '[', '('].some((end) => text.startsWith(prefix + name + end)),
      )
      expect(own, `a refusal of ${prefix}${name}`).not.toEqual([])
    }
  })
}

async function errorOf(act: () => unknown): Promise<unknown> {
  try {
    await act()
  } catch (error) {
    return error
  }
  throw new Error('it was accepted')
}
