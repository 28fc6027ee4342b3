import { createTidemark } from '@tidemark/core'
import { ManualClock } from '@tidemark/testing'
import fc from 'fast-check'
import type { DatabaseName } from '../support/databases.ts'
import { fill } from './fill.ts'
import { generateClient } from './generate-client.ts'
import { Genes } from './genes.ts'
import type { Dialect } from './column-types.ts'
import { dialects, type Servers } from './open-place.ts'
import { makeSchema, type Schema, type SchemaFeatures } from './random-schema.ts'
import { type Counts, runSeries, type Stage } from './run-series.ts'
import { emptyingOf, statementsOf } from './schema-sql.ts'
import { prismaSchemaOf } from './schema-prisma.ts'
import { type Adapter, type Series, type SeriesSettings, seriesOf, wholeTables } from './series.ts'
import { openTenant, type Tenant } from './tenant.ts'

export interface RoundSettings {
  readonly database: DatabaseName
  readonly adapters: readonly Adapter[]
  readonly seed: number
  readonly servers: Servers
  /** How many series at most. */
  readonly series: number
  readonly mostSteps: number
  /** No series is begun after it. */
  readonly limitMs: number
  /** A find is shrunk no longer. */
  readonly shrinkMs: number
}

export interface RoundReport extends Readonly<Counts> {
  readonly series: number
  readonly hits: number
  readonly bypasses: Readonly<Record<string, number>>
  /** A series, shrunk, that the cache answers in another way than the database. */
  readonly find?: Find
}

/** All that is needed to run it again; see `replay`. */
export interface Find {
  readonly message: string
  readonly text: string
}

/** Everything that a series needs but the database: what a find prints. */
export interface Example {
  readonly database: DatabaseName
  readonly adapters: readonly Adapter[]
  readonly schema: Schema
  readonly series: Series
}

function featuresFor(adapters: readonly Adapter[], dialect: Dialect): SchemaFeatures {
  return {
    cascades: true,
    // Prisma's schemas are made without them.
    views: adapters.includes('kysely'),
    triggers: true,
    partitions: dialect === 'postgres',
  }
}

/** One random schema, and many random series on it. */
export async function runRound(settings: RoundSettings): Promise<RoundReport> {
  const { database, adapters, seed, servers } = settings
  const dialect = dialects[database]
  const schema = makeSchema(Genes.seeded(seed, 400), dialect, featuresFor(adapters, dialect))
  await using stage = await Rounds.open({ database, adapters, schema }, servers)
  const seriesSettings: SeriesSettings = { schema, adapters, mostSteps: settings.mostSteps }
  let series = 0
  let end = performance.now() + settings.limitMs
  const property = fc.asyncProperty(seriesOf(seriesSettings), async (each) => {
    // A series that has begun is run to its end, so that nothing is sent to a database that is closed.
    if (performance.now() > end) return
    series += 1
    try {
      await stage.run(each)
    } catch (error) {
      // The first time, shrinking begins, and has a time of its own.
      if (stage.finds === 0) end = performance.now() + settings.shrinkMs
      stage.finds += 1
      throw error
    }
  })
  const details = await fc.check(property, { seed, numRuns: settings.series })
  const report = { series, ...stage.report() }
  if (!details.failed || details.counterexample === null) return report
  const [found] = details.counterexample
  const example: Example = { database, adapters, schema, series: found }
  const { errorInstance } = details
  const message =
    errorInstance instanceof Error ? (errorInstance.stack ?? '') : String(errorInstance)
  return { ...report, find: { message, text: `export const example = ${fc.stringify(example)}\n` } }
}

/** Runs what a find printed, once. */
export async function replay(example: Example, servers: Servers): Promise<void> {
  await using stage = await Rounds.open(example, servers)
  await stage.run(example.series)
}

/** The databases of one schema, emptied and filled for each series. */
class Rounds implements AsyncDisposable {
  readonly #example: Omit<Example, 'series'>
  readonly #tenants: readonly [Tenant, Tenant]
  readonly #counts: Counts = { steps: 0, compared: 0, refused: 0 }
  #hits = 0
  finds = 0
  readonly #bypasses: Record<string, number> = {}
  /** Of each tenant's database. */
  readonly #states: ('unknown' | 'used' | 'filled')[] = ['unknown', 'unknown']

  private constructor(example: Omit<Example, 'series'>, tenants: readonly [Tenant, Tenant]) {
    this.#example = example
    this.#tenants = tenants
  }

  static async open(example: Omit<Example, 'series'>, servers: Servers): Promise<Rounds> {
    const { adapters, schema, database } = example
    const Client = adapters.includes('prisma')
      ? await generateClient(prismaSchemaOf(schema))
      : undefined
    const tenant = () => openTenant(database, servers, Client)
    return new Rounds(example, [await tenant(), await tenant()])
  }

  async run(series: Series): Promise<void> {
    const { schema, adapters } = this.#example
    await this.#refill(series)
    const clock = new ManualClock()
    const cache = createTidemark({ clock })
    const stage: Stage = {
      ...{ schema, tenants: this.#tenants, cache, clock, counts: this.#counts },
      wholeTables: wholeTables({ schema, adapters, mostSteps: 0 }),
    }
    try {
      await runSeries(stage, series)
    } catch (error) {
      this.#states.fill('unknown')
      throw error
    } finally {
      for (const { kind, hits, bypasses } of cache.metrics().queries) {
        if (kind === 'write') continue
        this.#hits += hits.memory ?? 0
        for (const [reason, count] of Object.entries(bypasses)) {
          this.#bypasses[reason] = (this.#bypasses[reason] ?? 0) + count
        }
      }
      await cache.close()
    }
  }

  report(): Counts & Pick<RoundReport, 'hits' | 'bypasses'> {
    return { ...this.#counts, hits: this.#hits, bypasses: this.#bypasses }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tenant of this.#tenants) await tenant.close()
  }

  async #refill(series: Series): Promise<void> {
    const { schema } = this.#example
    for (const [index, tenant] of this.#tenants.entries()) {
      const state = this.#states[index]!
      if (state === 'filled') continue
      if (state === 'used') await tenant.place.run(emptyingOf(schema))
      else {
        await tenant.place.empty()
        await tenant.place.run(statementsOf(schema))
      }
      await fill(tenant, schema, index)
      this.#states[index] = 'filled'
    }
    const text = fc.stringify(series.steps)
    this.#states[0] = text.includes('"ddl":') ? 'unknown' : 'used'
    // Seldom is anything done to the second.
    if (text.includes('"kind":"elsewhere"')) this.#states[1] = 'used'
  }
}
