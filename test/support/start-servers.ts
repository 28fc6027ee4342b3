import type { TestProject } from 'vitest/node'
import { MariadbServer } from './mariadb-server.ts'
import { makePgliteTemplate } from './pglite.ts'
import { makeTemplate } from './postgres.ts'
import { PostgresServer } from './postgres-server.ts'
import { RedisServer } from './redis-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** The maintenance database of the server that all test files share. */
    postgresUrl: string
    /** The server that all test files share, without a database. */
    mariadbUrl: string
    /** The Redis that all test files share: see redis.ts. */
    redisUrl: string
    /** The file that every PGlite starts from. */
    pgliteTemplate: string
  }
}

/**
 * Starts what the test files share, once a run, and stops it after the last one.
 *
 * To add a server: one file like postgres-server.ts, one `start` here, one key above.
 */
export default async function startServers(project: TestProject): Promise<() => Promise<void>> {
  await using started = new AsyncDisposableStack()
  const postgres = started.use(await PostgresServer.start())
  await makeTemplate(postgres.url())
  project.provide('postgresUrl', postgres.url())
  const mariadb = started.use(await MariadbServer.start())
  project.provide('mariadbUrl', mariadb.url())
  const redis = started.use(await RedisServer.start())
  project.provide('redisUrl', redis.url())
  project.provide('pgliteTemplate', await makePgliteTemplate())
  // From here on vitest stops them. Had something above failed, leaving this function would have.
  const running = started.move()
  return () => running.disposeAsync()
}
