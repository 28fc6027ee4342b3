import type { Tidemark } from '@tidemark/core'
import type { ManualClock } from '@tidemark/testing'
import type { Kysely } from 'kysely'
import { buildWrite } from './build-write.ts'
import { hasOrder } from './select-spec.ts'
import { checkSame, type Outcome, outcomeOf } from './outcome.ts'
import { isSavepoint, runInKysely } from './kysely-transactions.ts'
import type { Rows } from './open-place.ts'
import { runInPrisma } from './prisma-transactions.ts'
import { rolledBack } from './rolled-back.ts'
import type { Operation } from './prisma-models.ts'
import { tablesOf } from './schema-sql.ts'
import { asKyselySees, type Schema } from './random-schema.ts'
import {
  EXPIRES_MS,
  type KyselyMember,
  type Member,
  type Read,
  type Series,
  type Step,
  type Together,
} from './series.ts'
import {
  type AnyPrisma,
  cachedClients,
  changeSchema,
  type Clients,
  runRead,
  startPrisma,
  type Tenant,
} from './tenant.ts'

/** Where a series runs. */
export interface Stage {
  readonly schema: Schema
  /** The second has the same tables, and other rows in them. */
  readonly tenants: readonly [Tenant, Tenant]
  readonly cache: Tidemark
  readonly clock: ManualClock
  /** Asked beside the reads of the series. */
  readonly wholeTables: readonly Read[]
  readonly counts: Counts
}

export interface Counts {
  steps: number
  /** Answers that were compared with the database's. */
  compared: number
  refused: number
}

type Transaction = Extract<Step, { kind: 'transaction' }>
type PrismaTransaction = Extract<Step, { kind: 'batch' | 'interactive' | 'nested' }>

/** @throws Difference where the cache lets anybody see that it is there */
export async function runSeries(stage: Stage, series: Series): Promise<void> {
  await new Run(stage, series).all()
}

class Run {
  readonly #stage: Stage
  readonly #series: Series
  readonly #reads: readonly Read[]
  readonly #cached: readonly [Clients, Clients]

  constructor(stage: Stage, series: Series) {
    const { tenants, cache, wholeTables } = stage
    this.#stage = stage
    this.#series = series
    this.#reads = [...series.reads.flatMap(withSelection), ...wholeTables]
    const names = (tenant: string) =>
      series.apart === 'database'
        ? { database: tenant, partition: '' }
        : { database: 'all', partition: tenant }
    this.#cached = [
      cachedClients(tenants[0], cache, names('one')),
      cachedClients(tenants[1], cache, names('two')),
    ]
  }

  async all(): Promise<void> {
    await this.#compare('before any step')
    for (const [index, step] of this.#series.steps.entries()) {
      this.#stage.counts.steps += 1
      await this.#take(step)
      await this.#compare(`after step ${index}`)
    }
    await this.#compare('at the end')
  }

  get #target() {
    return this.#stage.tenants[0].target
  }

  get #twin(): Clients {
    return this.#stage.tenants[0].twin
  }

  get #client(): Clients {
    return this.#cached[0]
  }

  async #compare(when: string, reads = this.#reads): Promise<void> {
    for (const read of reads) {
      await this.#compareOne(when, read, 0)
      if (read.ofBoth) await this.#compareOne(`${when}, of the second tenant`, read, 1)
    }
  }

  async #compareOne(when: string, read: Read, which: 0 | 1): Promise<void> {
    const { target, twin } = this.#stage.tenants[which]
    const got = await runRead(this.#cached[which], read, target)
    const expected = await runRead(twin, read, target)
    this.#stage.counts.compared += 1
    const isOrdered = read.adapter === 'prisma' || hasOrder(read.select)
    checkSame(() => `${when}: read ${this.#reads.indexOf(read)}`, got, expected, isOrdered)
    // A result is its caller's own. Whoever reads next must not see this.
    if ('result' in got) spoil(got.result)
  }

  async #take(step: Step): Promise<void> {
    const { cache, clock, schema, tenants } = this.#stage
    switch (step.kind) {
      case 'alone':
        return this.#alone(step)
      case 'at once':
        return this.#atOnce(step)
      case 'transaction':
        return this.#transaction(step)
      case 'batch':
      case 'interactive':
      case 'nested':
        return this.#prismaTransaction(step)
      case 'clock':
        return clock.advance(step.ms)
      case 'clear':
        return cache.clear()
      case 'elsewhere': {
        const { kysely } = this.#cached[1]
        await outcomeOf(() => buildWrite(kysely, step.write, tenants[1].target).execute())
        return
      }
      case 'unseen': {
        await outcomeOf(() => buildWrite(this.#twin.kysely, step.write, this.#target).execute())
        if (step.seenBy === 'expire') return clock.advance(EXPIRES_MS)
        if (step.seenBy === 'clear') return cache.clear()
        if (step.seenBy === 'invalidate') {
          // It knows no catalogue: whoever wrote past the cache names each table, the parts of others too.
          const parts = asKyselySees(schema).tables.map(({ name }) => name)
          await cache.invalidate({ tables: [...tablesOf(schema), ...parts] })
          return
        }
        await cache.invalidate({ tags: ['tagged'] })
        const tagged = this.#reads.filter(({ hint }) => hint && hint.tags?.includes('tagged'))
        await this.#compare('after an invalidation by a tag', tagged)
        return cache.clear()
      }
    }
  }

  async #alone({ member, isAborted }: Extract<Step, { kind: 'alone' }>): Promise<void> {
    const signal = isAborted && AbortSignal.abort('early')
    const run = (clients: Pick<Clients, 'kysely' | 'prisma'>) =>
      this.#member(clients, member, signal)
    const expected = 'ddl' in member ? undefined : await this.#rehearse(member, run)
    const got = await outcomeOf(() => run(this.#client))
    this.#count(got)
    if (expected) checkSame(() => 'a write', got, expected, false)
  }

  #count(outcome: Outcome): void {
    if ('error' in outcome) this.#stage.counts.refused += 1
  }

  /** What a write would do without a cache. It leaves no trace. */
  async #rehearse(
    member: Member,
    run: (clients: Pick<Clients, 'kysely' | 'prisma'>) => Promise<unknown>,
  ): Promise<Outcome> {
    let outcome: Outcome = { error: undefined }
    const { kysely, prisma } = this.#twin
    const attempt = async (clients: Pick<Clients, 'kysely' | 'prisma'>) => {
      outcome = await outcomeOf(() => run(clients))
      throw rolledBack
    }
    await this.#expectRollback(() =>
      typeof member === 'object' && 'prisma' in member
        ? prisma!.$transaction((tx) => attempt({ kysely, prisma: tx as unknown as AnyPrisma }))
        : kysely.transaction().execute((trx) => attempt({ kysely: trx, prisma })),
    )
    return outcome
  }

  async #expectRollback(run: () => Promise<unknown>): Promise<void> {
    const end = await outcomeOf(run)
    if ('error' in end && (end.error as Error | undefined)?.message === rolledBack.message) return
    throw new Error('a rehearsal ended in another way', { cause: end })
  }

  #member(
    clients: Pick<Clients, 'kysely' | 'prisma'>,
    member: Member,
    signal?: AbortSignal,
  ): Promise<unknown> {
    if (typeof member === 'number') return this.#readIn(clients, member)
    if ('kysely' in member) {
      const query = buildWrite(clients.kysely, member.kysely, this.#target)
      return query.execute(signal && { signal })
    }
    if ('prisma' in member) return startPrisma(clients.prisma!, member.prisma)
    return changeSchema(this.#changers(clients), member.ddl, this.#target)
  }

  /** Kysely where the series has any of it. */
  #changers({ kysely, prisma }: Pick<Clients, 'kysely' | 'prisma'>) {
    return this.#stage.wholeTables[0]!.adapter === 'kysely' ? { kysely } : { prisma }
  }

  #readAt(place: number): Read {
    return this.#reads[place % this.#reads.length]!
  }

  async #readIn(clients: Pick<Clients, 'kysely' | 'prisma'>, place: number): Promise<unknown> {
    const read = this.#readAt(place)
    const outcome = await runRead({ ...clients, isCached: true }, read, this.#target)
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }

  async #atOnce({ members }: Extract<Step, { kind: 'at once' }>): Promise<void> {
    const { lag } = this.#stage.tenants[0].place
    lag.isOn = true
    await Promise.all(members.map((member) => outcomeOf(() => this.#beside(member))))
    lag.isOn = false
  }

  #beside(member: Member | Together): Promise<unknown> {
    if (typeof member === 'number' || !('transaction' in member)) {
      return this.#member(this.#client, member)
    }
    const { adapter, transaction, end } = member
    const run = async (clients: Pick<Clients, 'kysely' | 'prisma'>) => {
      for (const each of transaction) {
        if (fits(each, adapter, this.#reads)) await this.#member(clients, each)
      }
      if (end === 'roll back') throw rolledBack
    }
    const { kysely, prisma } = this.#client
    return adapter === 'kysely'
      ? kysely.transaction().execute((trx) => run({ kysely: trx, prisma }))
      : prisma!.$transaction((tx) => run({ kysely, prisma: tx as unknown as AnyPrisma }))
  }

  async #transaction(step: Transaction): Promise<void> {
    const isOurs = (member: Member) => fits(member, 'kysely', this.#reads)
    const members = step.members.flatMap((member): KyselyMember[] =>
      isSavepoint(member)
        ? [{ ...member, savepoint: member.savepoint.filter(isOurs) }]
        : isOurs(member)
          ? [member]
          : [],
    )
    const changesSchema = members.some((member) =>
      (isSavepoint(member) ? member.savepoint : [member]).some(
        (each) => typeof each === 'object' && 'ddl' in each,
      ),
    )
    const take = (kysely: Kysely<Rows>, member: Member) =>
      outcomeOf(() => this.#member({ kysely, prisma: undefined }, member))
    // On MySQL a change of the schema commits what was to be rolled back.
    const rehearsal = { ...step, members, end: 'roll back' as const }
    const expected =
      changesSchema && this.#target.dialect === 'mysql'
        ? undefined
        : await runInKysely(this.#twin.kysely, rehearsal, take)
    const got = await runInKysely(this.#client.kysely, { ...step, members }, take)
    got.forEach((outcome) => this.#count(outcome))
    if (!expected || changesSchema) return
    // Both are as long, as no member throws; the last is how the whole ended, which is not rehearsed.
    checkSame(() => 'members', { result: got.length }, { result: expected.length }, true)
    for (const [index, member] of members.entries()) {
      const read = typeof member === 'number' ? this.#readAt(member) : undefined
      const isOrdered = read?.adapter === 'kysely' && hasOrder(read.select)
      checkSame(() => `member ${index}`, got[index]!, expected[index]!, isOrdered)
    }
  }

  async #prismaTransaction(step: PrismaTransaction): Promise<void> {
    const operations = step.members
      .filter((member) => fits(member, 'prisma', this.#reads))
      .map((member) => this.#operationOf(member))
    const expected =
      step.kind === 'batch'
        ? undefined
        : await runInPrisma(this.#twin.prisma!, { ...step, end: 'roll back' }, operations)
    const got = await runInPrisma(this.#client.prisma!, step, operations)
    got.forEach((outcome) => this.#count(outcome))
    if (!expected) return
    checkSame(() => 'members', { result: got.length }, { result: expected.length }, true)
    // The last is how the whole ended, which is not rehearsed.
    for (const [index, outcome] of got.slice(0, -1).entries()) {
      checkSame(() => `member ${index}`, outcome, expected[index]!, false)
    }
  }

  #operationOf(member: Member): Operation {
    if (typeof member === 'number') {
      const read = this.#readAt(member)
      if (read.adapter === 'prisma') return read.operation
    } else if ('prisma' in member) return member.prisma
    throw new Error('expected an operation of Prisma', { cause: member })
  }
}

/** Beside a relation that is followed from a record, the selection of the same: other results of almost one query. */
function withSelection(read: Read): Read[] {
  if (read.adapter === 'kysely' || read.operation.follow === undefined) return [read]
  const { follow, ...operation } = read.operation
  const args = { ...operation.args, select: { [follow]: {} } }
  return [read, { ...read, operation: { ...operation, args } }]
}

function spoil(value: unknown): void {
  if (value instanceof Date) value.setTime(0)
  else if (value instanceof Uint8Array) value.fill(7)
  else if (Array.isArray(value)) {
    value.forEach(spoil)
    value.length = Math.floor(value.length / 2)
  } else if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    const record = value as Record<string, unknown>
    // Prisma's decimals are made of what looks like plain fields.
    if (Object.getPrototypeOf(record) !== Object.prototype) return
    for (const key of Object.keys(record)) {
      spoil(record[key])
      record[key] = 'spoiled'
    }
  }
}

/** Whether a member of a transaction is for this adapter. */
function fits(member: Member, adapter: 'kysely' | 'prisma', reads: readonly Read[]): boolean {
  if (typeof member !== 'number')
    return adapter in member || (adapter === 'kysely' && 'ddl' in member)
  return reads[member % reads.length]!.adapter === adapter
}
