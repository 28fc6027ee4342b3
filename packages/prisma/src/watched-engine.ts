import type { Engine } from '@tidemark/core'
import type { ClientInternals, PrismaEngine } from './prisma-internals.ts'
import { WriteWatch } from './write-watch.ts'

/**
 * The watches on each engine, by cache and by what table names leave out: a client may be extended many
 * times, for each tenant or each request, and is watched once.
 */
const watchesOfEngines = new WeakMap<PrismaEngine, Map<Engine, Map<string, WriteWatch>>>()

/**
 * Watches what an engine writes, from now on and for as long as it lives.
 *
 * This is the place where all clients of one `new PrismaClient()` meet. A query extension would see only
 * the operations of the client that it extends: neither those of the client below it, which `$parent` of
 * an extension leads to, nor a COMMIT. So its three methods are replaced on the engine itself.
 */
export function watchWrites(
  engine: Engine,
  internals: ClientInternals,
  defaultSchema: string | undefined,
): WriteWatch {
  let byCache = watchesOfEngines.get(internals.engine)
  if (!byCache) {
    byCache = new Map()
    watchesOfEngines.set(internals.engine, byCache)
    replaceMethods(internals.engine, byCache)
  }
  for (const cache of byCache.keys()) if (cache.closed) byCache.delete(cache)

  const bySchema = byCache.get(engine) ?? new Map<string, WriteWatch>()
  byCache.set(engine, bySchema)
  const name = defaultSchema ?? ''
  const watch = bySchema.get(name) ?? new WriteWatch(engine, internals, defaultSchema)
  bySchema.set(name, watch)
  return watch
}

type Step = <T>(watch: WriteWatch, send: () => Promise<T>) => Promise<T>

function replaceMethods(engine: PrismaEngine, byCache: Map<Engine, Map<string, WriteWatch>>): void {
  const request = engine.request.bind(engine)
  const requestBatch = engine.requestBatch.bind(engine)
  const transaction = engine.transaction.bind(engine)

  const watches = (): readonly WriteWatch[] =>
    [...byCache.values()].flatMap((bySchema) => [...bySchema.values()]).filter((w) => !w.closed)
  const through = <T>(send: () => Promise<T>, step: Step): Promise<T> =>
    watches().reduce((next, watch) => () => step(watch, next), send)()

  engine.request = (query, options) =>
    through(
      () => request(query, options),
      (watch, send) => watch.request(query, options, send),
    )
  engine.requestBatch = (queries, options) =>
    through(
      () => requestBatch(queries, options),
      (watch, send) => watch.requestBatch(queries, options, send),
    )
  engine.transaction = async (action, headers, argument) => {
    const send = () => transaction(action, headers, argument)
    switch (action) {
      case 'commit':
        return through(send, (watch, next) => watch.commit(argument?.id, next))
      case 'rollback':
        return through(send, (watch, next) => watch.rollback(argument?.id, next))
      case 'start': {
        const started = await send()
        // Nothing is awaited in between, so no write can come before.
        for (const watch of watches()) watch.started(started?.id)
        return started
      }
    }
  }
}
