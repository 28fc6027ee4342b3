import type { CompiledQuery, LogLevel, QueryLogEvent } from 'kysely'
import { type Awaitable, invalidOption, type Load } from '@tidemark/core'

/**
 * A read that was answered without asking the database, as the log is told of it: Kysely's own event for
 * a query, with one field more. Its time is that of the hit, or of waiting for a load that somebody else
 * had begun. `query` has the SQL and the parameters, whichever they were.
 */
export interface HitLogEvent extends QueryLogEvent {
  readonly isHit: true
}

type HitLogger = (event: HitLogEvent) => void | PromiseLike<void>

/** A log as Kysely takes it: levels for the console, or a function. */
export type HitLogConfig = readonly LogLevel[] | HitLogger

/**
 * Tells a log of hits. Kysely tells its own of what a connection is sent, and a hit is sent to none;
 * what the log of a built instance is, nobody can ask.
 */
export class HitLog {
  readonly #log: HitLogger

  /** `undefined` where nothing is to be logged. */
  static of(config: HitLogConfig | undefined): HitLog | undefined {
    if (typeof config === 'function') return new HitLog(config)
    return config?.includes('query') ? new HitLog(logToConsole) : undefined
  }

  private constructor(log: HitLogger) {
    this.#log = log
  }

  /** Runs a read, and tells of it if that did not call what it was given to load with. */
  async around<T>(
    query: CompiledQuery,
    load: () => Promise<T>,
    read: (load: Load<T>) => Awaitable<T>,
  ): Promise<T> {
    const startedAt = performance.now()
    let isHit = true
    const result = await read((purpose) => {
      // What is loaded in the background answers no read.
      if (purpose === undefined) isHit = false
      return load()
    })
    if (isHit) {
      const queryDurationMillis = performance.now() - startedAt
      // Awaited like Kysely's own, whose errors are the query's as well.
      await this.#log({ level: 'query', isStream: false, query, queryDurationMillis, isHit })
    }
    return result
  }
}

/** @throws TidemarkError `INVALID_OPTION` */
export function checkHitLog(name: string, value: unknown): void {
  const isLevels = Array.isArray(value) && value.every((item) => LEVELS.has(item))
  if (typeof value !== 'function' && !isLevels) {
    throw invalidOption(name, "a function, or an array of 'query' and 'error'", value)
  }
}

const LEVELS: ReadonlySet<unknown> = new Set(['query', 'error'])

/** As Kysely prints a query, and with a prefix that tells them apart. */
function logToConsole({ query, queryDurationMillis }: HitLogEvent): void {
  // oxlint-disable no-console -- what ['query'] asks for
  console.log(`kysely:query:hit: ${query.sql}`)
  console.log(`kysely:query:hit: duration: ${queryDurationMillis.toFixed(1)}ms`)
}
