import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import type { FromWorker, WorkerSettings } from './settings.ts'

const PROCESSES = 4

describe('4 processes that ask 50 times each for what is not there', () => {
  const table = `stampede_${randomBytes(6).toString('hex')}`
  let database: pg.Client
  let workers: { child: ChildProcess; messages: FromWorker[] }[]

  beforeEach(async () => {
    database = new pg.Client(inject('postgresUrl'))
    await database.connect()
    await database.query(`create table ${table} as select 'found' as value`)
    workers = []
  })

  afterEach(async () => {
    for (const { child } of workers) child.kill('SIGKILL')
    await database.query('rollback')
    await database.query(`drop table ${table}`)
    await database.end()
  })

  async function start(coalesce: 'process' | 'shared'): Promise<void> {
    const settings: WorkerSettings = {
      postgresUrl: inject('postgresUrl'),
      redisUrl: inject('redisUrl'),
      namespace: `test-${randomBytes(9).toString('base64url')}`,
      table,
      hint: { coalesce },
    }
    workers = Array.from({ length: PROCESSES }, () => {
      const child = fork(new URL('./worker.ts', import.meta.url), [JSON.stringify(settings)], {
        execArgv: ['--conditions=tidemark-source'],
      })
      const messages: FromWorker[] = []
      child.on('message', (message: FromWorker) => messages.push(message))
      return { child, messages }
    })
    await all('ready')
  }

  const all = <K extends FromWorker['kind']>(kind: K) =>
    vi.waitFor(
      () =>
        workers.map(({ messages }) => {
          const found = messages.find((message) => message.kind === kind)
          if (!found) throw new Error(`expected ${kind} from each process`)
          return found as FromWorker & { kind: K }
        }),
      { timeout: 30_000, interval: 5 },
    )

  /** How many queries wait for the table. */
  async function waiting(): Promise<number> {
    const { rows } = await database.query<{ count: number }>(
      `select count(*)::int from pg_locks where relation = $1::regclass and not granted`,
      [table],
    )
    return rows[0]!.count
  }

  async function readAll(loads: number) {
    // Whoever asks the database waits until this transaction ends.
    await database.query('begin')
    await database.query(`lock table ${table} in access exclusive mode`)
    for (const { child } of workers) child.send('read')
    await all('reading')
    await vi.waitFor(async () => expect(await waiting()).toBe(loads), { timeout: 5000 })
    await database.query('commit')
    return all('done')
  }

  it("ask the database once with coalesce: 'shared'", { timeout: 60_000 }, async () => {
    await start('shared')
    const done = await readAll(1)
    expect(done.map(({ values }) => values)).toEqual(done.map(() => ['found']))
    expect(done.reduce((sum, { asked }) => sum + asked, 0)).toBe(1)
    const hits = done.map(({ hits: { waited = 0, shared = 0 } }) => waited + shared)
    expect(hits.filter((count) => count > 0)).toHaveLength(PROCESSES - 1)
    for (const { child } of workers) {
      child.send('end')
      await once(child, 'exit')
    }
  })

  it('ask the database once each without it', { timeout: 60_000 }, async () => {
    await start('process')
    const done = await readAll(PROCESSES)
    expect(done.map(({ asked }) => asked)).toEqual(done.map(() => 1))
  })

  it(
    'are freed by the end of its claim when the one who loads dies',
    { timeout: 60_000 },
    async () => {
      await start('shared')
      await database.query('begin')
      await database.query(`lock table ${table} in access exclusive mode`)
      const [first, ...others] = workers
      first!.child.send('read')
      await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 5000 })
      for (const { child } of others) child.send('read')
      workers = others
      await all('reading')
      first!.child.kill('SIGKILL')
      await once(first!.child, 'exit')
      await database.query('commit')
      const done = await all('done')
      expect(done.map(({ values }) => values)).toEqual(done.map(() => ['found']))
    },
  )
})
