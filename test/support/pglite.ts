import { createHash } from 'node:crypto'
import { existsSync, openAsBlob } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite, type Transaction } from '@electric-sql/pglite'
import { Kysely, PGliteDialect } from 'kysely'
import { PrismaPGlite } from 'pglite-prisma-adapter'
import { readMigrations } from './migrations.ts'
import { StatementLog } from './statement-log.ts'
import { truncatePostgres } from './truncate-postgres.ts'
import { inject } from 'vitest'
import type { TestDatabase } from './databases.ts'
import { PrismaClient } from '../../prisma/generated/client.ts'
import type { Tables } from '../../prisma/tables.ts'

const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const cacheFolder = join(modules, '.cache', 'tidemark')

/**
 * Makes the file that `openPglite` starts from: an initialised data folder with all tables. A PGlite without one spends
 * two seconds on that, with it a quarter of one.
 */
export async function makePgliteTemplate(): Promise<string> {
  const migrations = await readMigrations()
  const { version } = JSON.parse(
    await readFile(join(modules, '@electric-sql/pglite/package.json'), 'utf8'),
  ) as { version: string }
  const hash = createHash('sha256').update([version, ...migrations].join('\0'))
  const file = join(cacheFolder, `pglite-${hash.digest('hex').slice(0, 16)}.tar`)
  if (existsSync(file)) return file
  const pglite = await PGlite.create()
  for (const migration of migrations) await pglite.exec(migration)
  const dump = await pglite.dumpDataDir('none')
  await pglite.close()
  await mkdir(cacheFolder, { recursive: true })
  // Renamed into place whole: another run may be looking for it.
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, dump.stream())
  await rename(unfinished, file)
  return file
}

/** Opens a PGlite of its own: PostgreSQL as WebAssembly in this process, in memory, with one connection. */
export async function openPglite(): Promise<TestDatabase> {
  const pglite = await PGlite.create({ loadDataDir: await openAsBlob(inject('pgliteTemplate')) })
  const statements = new StatementLog()
  const logged = logStatements(pglite, statements)
  const sql: TestDatabase['sql'] = async (text, parameters = []) =>
    (await pglite.query(text, [...parameters])).rows as never
  return {
    name: 'pglite',
    kysely: new Kysely<Tables>({ dialect: new PGliteDialect({ pglite: logged }) }),
    statements,
    PrismaClient,
    prismaAdapter: () => new PrismaPGlite(logged),
    sql,
    emptyTables: () => truncatePostgres(sql),
    close: () => pglite.close(),
  }
}

/** The same PGlite, or transaction on it, seen through a glass that notes every statement. */
function logStatements<T extends PGlite | Transaction>(target: T, log: StatementLog): T {
  return new Proxy(target, {
    get(_, name) {
      // Read from the target itself: its private fields are not on the proxy.
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      switch (name) {
        case 'query':
        case 'exec':
          return (text: string, ...rest: unknown[]) => {
            log.add(text)
            return member.call(target, text, ...rest)
          }
        case 'transaction':
          return (run: (tx: Transaction) => Promise<unknown>) =>
            logTransaction(member.bind(target), run, log)
        default:
          return member.bind(target)
      }
    },
  })
}

/** PGlite sends BEGIN and COMMIT itself, out of our sight. */
async function logTransaction(
  begin: PGlite['transaction'],
  run: (tx: Transaction) => Promise<unknown>,
  log: StatementLog,
): Promise<unknown> {
  let ended = false
  const end = (text: string) => {
    if (!ended) log.add(text)
    ended = true
  }
  try {
    return await begin(async (tx) => {
      log.add('begin')
      const logged = logStatements(tx, log)
      const rollback = tx.rollback.bind(tx)
      tx.rollback = () => {
        end('rollback')
        return rollback()
      }
      const result = await run(logged)
      end('commit')
      return result
    })
  } catch (error) {
    end('rollback')
    throw error
  }
}
