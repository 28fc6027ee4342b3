import type {
  KyselyPlugin,
  PluginTransformResultArgs,
  QueryId,
  QueryResult,
  UnknownRow,
} from 'kysely'

/**
 * What the plugins make of a result, as Kysely's own executor does it: the same arguments, in the same
 * order, given up as soon as the signal says so.
 */
export function transformResult<R>(
  plugins: readonly KyselyPlugin[],
  result: QueryResult<R>,
  queryId: QueryId,
  signal: AbortSignal | undefined,
): Promise<QueryResult<R>> {
  const transformed = throughPlugins(plugins, result as QueryResult<UnknownRow>, queryId, signal)
  return (signal ? orAbort(transformed, signal) : transformed) as Promise<QueryResult<R>>
}

async function throughPlugins(
  plugins: readonly KyselyPlugin[],
  original: QueryResult<UnknownRow>,
  queryId: QueryId,
  signal: AbortSignal | undefined,
): Promise<QueryResult<UnknownRow>> {
  let result = original
  for (const plugin of plugins) {
    const args = { queryId, result, signal } as PluginTransformResultArgs
    result = await plugin.transformResult(Object.freeze(args))
  }
  return result
}

/** The work, or the signal's reason as soon as that is there. */
function orAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
