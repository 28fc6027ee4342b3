/** Operations to be compared, by name. Each runs its operation `times` times. */
export type Contestants = Readonly<Record<string, (times: number) => Promise<void>>>

export interface MeasureOptions {
  /** Rounds that count; each contestant has one turn in each. Odd, so that a median is a measurement. */
  readonly rounds?: number
  /** How long one turn takes at least, in milliseconds. */
  readonly turnMs?: number
  /**
   * What stands for all rounds. `'least'` is for work that waits for nothing: whatever takes longer is the rest of the
   * machine. Default: `'median'`
   */
  readonly result?: 'median' | 'least'
}

/**
 * Times contestants in turns, so that a busy moment of the machine falls on all of them; in each round in another order,
 * so that what one leaves behind, as to the scheduler of the machine, falls on all of them as well.
 *
 * @returns microseconds per operation
 */
export async function measure<C extends Contestants>(
  contestants: C,
  { rounds = 31, turnMs = 15, result = 'median' }: MeasureOptions = {},
): Promise<Record<keyof C, number>> {
  const turns = await Promise.all(
    Object.entries(contestants).map(async ([name, run]) => ({
      name,
      run,
      samples: [] as number[],
    })),
  )
  const lengths = new Map<string, number>()
  for (const { name, run } of turns) {
    await run(100)
    lengths.set(name, await timesFor(run, turnMs))
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, run, samples } of shuffled(turns)) {
      const times = lengths.get(name)!
      samples.push(((await timeOf(run, times)) * 1000) / times)
    }
  }
  const summary = result === 'median' ? median : least
  return Object.fromEntries(turns.map(({ name, samples }) => [name, summary(samples)])) as never
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => [Math.random(), item] as const)
    .toSorted(([one], [other]) => one - other)
    .map(([, item]) => item)
}

async function timesFor(run: (times: number) => Promise<void>, turnMs: number): Promise<number> {
  let times = 1
  for (;;) {
    const ms = await timeOf(run, times)
    if (ms >= turnMs / 2) return Math.max(1, Math.ceil((times * turnMs) / ms))
    times *= 2
  }
}

async function timeOf(run: (times: number) => Promise<void>, times: number): Promise<number> {
  const startedAt = performance.now()
  await run(times)
  return performance.now() - startedAt
}

export function median(samples: readonly number[]): number {
  return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)]!
}

function least(samples: readonly number[]): number {
  return Math.min(...samples)
}

/** A contestant that does one thing, awaited, again and again. */
export function each(once: () => unknown): (times: number) => Promise<void> {
  return async (times) => {
    for (let time = 0; time < times; time += 1) await once()
  }
}
