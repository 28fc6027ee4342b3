import { collectFor, currentCollector, type Engine, type TicketCollector } from '@tidemark/core'
import type { CatalogueChoice } from './client-catalogue.ts'
import type {
  ClientInternals,
  EngineQuery,
  PrismaEngine,
  PrismaRequests,
} from './prisma-internals.ts'
import { WriteWatch } from './write-watch.ts'

/** The watches on each engine. A client may be extended again and again, and is watched once a cache. */
const watchesOfEngines = new WeakMap<PrismaEngine, Set<WriteWatch>>()

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
  catalogue: CatalogueChoice,
): WriteWatch {
  let watches = watchesOfEngines.get(internals.engine)
  if (!watches) {
    watches = new Set()
    watchesOfEngines.set(internals.engine, watches)
    replaceMethods(internals.engine, watches)
    noteWhoWantsTickets(internals.requests)
  }
  for (const watch of watches) {
    if (watch.engine.closed) watches.delete(watch)
    else if (watch.isFor(engine, defaultSchema, catalogue)) return watch
  }
  const watch = new WriteWatch(engine, internals, defaultSchema, catalogue)
  watches.add(watch)
  return watch
}

type Step = <T>(watch: WriteWatch, send: () => Promise<T>) => Promise<T>

function replaceMethods(engine: PrismaEngine, watches: ReadonlySet<WriteWatch>): void {
  const request = engine.request.bind(engine)
  const requestBatch = engine.requestBatch.bind(engine)
  const transaction = engine.transaction.bind(engine)

  const open = () => [...watches].filter((watch) => !watch.engine.closed)
  const through = <T>(send: () => Promise<T>, step: Step): Promise<T> =>
    open().reduce((next, watch) => () => step(watch, next), send)()

  engine.request = (query, options) =>
    collectFor(wantedFor.get(query), () =>
      through(
        () => request(query, options),
        (watch, send) => watch.request(query, options, send),
      ),
    )
  // What a transaction is made of was asked for together.
  engine.requestBatch = (queries, options) =>
    collectFor(queries[0] && wantedFor.get(queries[0]), () =>
      through(
        () => requestBatch(queries, options),
        (watch, send) => watch.requestBatch(queries, options, send),
      ),
    )
  engine.transaction = async (action, headers, argument) => {
    const send = () => transaction(action, headers, argument)
    switch (action) {
      case 'commit':
        return through(send, (watch, next) => watch.commit(argument, next))
      case 'rollback':
        return through(send, (watch, next) => watch.rollback(argument, next))
      case 'start': {
        // Inside it would be too late. A savepoint is inside.
        if (argument?.newTxId === undefined) {
          for (const watch of open()) await watch.catalogue.load()
        }
        const started = await send()
        // Nothing is awaited in between, so no write can come before.
        for (const watch of open()) watch.started(started)
        return started
      }
    }
  }
}

/** Who wants a ticket for what a query writes. */
const wantedFor = new WeakMap<EngineQuery, TicketCollector>()

/**
 * Prisma collects what is asked of it in one tick, a `$transaction([…])` as well as findUnique calls, and sends all of it
 * on behalf of whoever came first.
 */
function noteWhoWantsTickets(requests: PrismaRequests): void {
  const request = requests.request.bind(requests)
  requests.request = (asked) => {
    const collector = currentCollector()
    if (collector) wantedFor.set(asked.protocolQuery, collector)
    return request(asked)
  }
}
