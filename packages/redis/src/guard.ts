import { circuitBreaker, CircuitState, handleAll } from 'cockatiel'

export interface GuardOptions {
  /** How long a call may take, in milliseconds. */
  readonly timeoutMs: number
  /** After how many failures in a row nothing is asked any more. One call that times out is enough. */
  readonly failures: number
  /** How long it is left alone before it is tried again, in milliseconds. */
  readonly retryMs: number
  /** Tells whether it can be reached again. */
  readonly probe: () => Promise<unknown>
  /** It can be reached again. */
  readonly onRecovered: () => void
}

/**
 * Stands between a cache and a server that may be slow, frozen or gone, so that nobody waits for it twice. While it is
 * open every call fails at once; only a probe in the background finds out whether the server is back.
 */
export class Guard {
  readonly #options: GuardOptions
  readonly #breaker
  #hasTimedOut = false
  #probe: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(options: GuardOptions) {
    this.#options = options
    let failures = 0
    this.#breaker = circuitBreaker(handleAll, {
      halfOpenAfter: options.retryMs,
      breaker: {
        state: undefined,
        success: () => {
          failures = 0
        },
        failure: () => {
          failures += 1
          return this.#hasTimedOut || failures >= options.failures
        },
      },
    })
    this.#breaker.onBreak(() => {
      this.#schedule()
    })
  }

  get isOpen(): boolean {
    return this.#breaker.state !== CircuitState.Closed
  }

  /** Rejects where the call fails, takes too long, or is not tried. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.isOpen) throw new Unreachable('it failed lately, and is left alone for a while')
    return this.#breaker.execute(() => this.#judged(call))
  }

  /** The same for what only tries something out: whether it fails says nothing of what others do, so it is not counted. */
  async try<T>(call: () => Promise<T>): Promise<T> {
    if (this.isOpen) throw new Unreachable('it failed lately, and is left alone for a while')
    return limited(this.#options.timeoutMs, call)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#probe)
  }

  async #judged<T>(call: () => Promise<T>): Promise<T> {
    const result = await limited(this.#options.timeoutMs, call, () => {
      this.#hasTimedOut = true
    })
    this.#hasTimedOut = false
    return result
  }

  #schedule(): void {
    if (this.#isClosed) return
    clearTimeout(this.#probe)
    this.#probe = setTimeout(() => void this.#tryAgain(), this.#options.retryMs + 1)
    this.#probe.unref()
  }

  async #tryAgain(): Promise<void> {
    try {
      await this.#breaker.execute(() => this.#judged(this.#options.probe))
      this.#options.onRecovered()
    } catch {
      // It opened again, and scheduled the next probe.
      if (this.isOpen) this.#schedule()
    }
  }
}

/** Rejects where a call takes longer. What comes of it then concerns nobody. */
export async function limited<T>(
  timeoutMs: number,
  call: () => Promise<T>,
  onLate = (): void => {},
): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    onLate()
    late.reject(new Unreachable(`no answer within ${timeoutMs} ms`))
  }, timeoutMs)
  try {
    return await Promise.race([call(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

/** What runs calls to a server, see `Guard`. */
export interface Limit {
  run<T>(call: () => Promise<T>): Promise<T>
}

/** Why the shared tier was not asked, or did not answer. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}
