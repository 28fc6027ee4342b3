import { invalidOption, TidemarkError } from '../options/tidemark-error.ts'

/** Something that a cached client can be asked for, and has not been yet. */
export type Explainable =
  { execute(): PromiseLike<unknown> } | PromiseLike<unknown> | (() => PromiseLike<unknown>)

/**
 * What runs a query, so that it is told of instead of being sent.
 *
 * @param isCompiled whether a client of this cache has just compiled a query
 * @throws TidemarkError `INVALID_OPTION`, also when it is run, for what can be known not to be of this cache
 */
export function runnerOf(query: Explainable, isCompiled: () => boolean): () => unknown {
  if (typeof query === 'function') return query
  const builder = query as Builder | undefined
  if (typeof builder?.execute === 'function') {
    return () => {
      checkBound(builder, isCompiled)
      return builder.execute!()
    }
  }
  if (query instanceof Promise && query[Symbol.toStringTag] === 'Promise') {
    throw invalidOption(
      'explain',
      'a query that was not sent yet',
      query,
      ' (pass the query itself, without execute(), or a function that sends it)',
    )
  }
  if (typeof (query as PromiseLike<unknown> | undefined)?.then === 'function') return () => query
  throw invalidOption('explain', 'a query of Kysely or Prisma, or a function that sends one', query)
}

/** As Kysely makes them. */
interface Builder {
  readonly execute?: () => unknown
  readonly compile?: () => unknown
}

/** What compiles can be asked whose it is before it is sent. */
function checkBound(builder: Builder, isCompiled: () => boolean): void {
  if (typeof builder.compile !== 'function') return
  try {
    builder.compile()
  } catch (cause) {
    if (cause instanceof TidemarkError) throw cause
    throw new TidemarkError(
      'INVALID_OPTION',
      'explain: expected a query that knows its client, got one that does not compile by itself; nothing was sent (raw SQL is passed as a function that sends it)',
      { cause },
    )
  }
  if (isCompiled()) return
  throw new TidemarkError(
    'INVALID_OPTION',
    'explain: expected a query of a client that is bound to this cache, got one of another client; nothing was sent',
  )
}
