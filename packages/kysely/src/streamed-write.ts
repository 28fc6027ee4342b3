/**
 * Streams the rows of a mutation, with `RETURNING` or the like, while its marks are held: they are let
 * go when the last row was read, the consumer turned away, or the stream failed.
 *
 * @param hold runs a mutation and answers when its marks are let go of again
 */
export async function* streamUntilSettled<T>(
  rows: AsyncIterableIterator<T>,
  hold: (run: () => Promise<void>) => Promise<void>,
): AsyncIterableIterator<T> {
  const { settled, end, fail } = await startHolding(hold)
  try {
    yield* rows
  } catch (error) {
    fail(error)
    throw error
  } finally {
    end()
    await settled
  }
}

interface Holding {
  /** Resolves when the marks are let go of. */
  readonly settled: Promise<void>
  readonly end: () => void
  /** Has no effect after `end`, nor `end` after it. */
  readonly fail: (error: unknown) => void
}

/** Resolves when the marks are held. */
function startHolding(hold: (run: () => Promise<void>) => Promise<void>): Promise<Holding> {
  return new Promise((resolve) => {
    const settled: Promise<void> = hold(
      () =>
        new Promise((end, fail) => {
          // The promise that `settled` stands for may not be there yet.
          queueMicrotask(() => resolve({ settled, end, fail }))
        }),
      // It fails as the stream does, which tells its consumer itself.
    ).catch(() => undefined)
  })
}
