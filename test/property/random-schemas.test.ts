import { describe, expect, inject, it } from 'vitest'
import type { DatabaseName } from '../support/databases.ts'
import { dialects } from './open-place.ts'
import { runRound } from './round.ts'
import type { Adapter } from './series.ts'

/** The same schemas and series each time, unless somebody asks for others. `npm run check:property` looks on for as long as one likes. */
const seed = Number(process.env.TIDEMARK_SEED ?? 2026)

const kinds: Readonly<Record<string, readonly Adapter[]>> = {
  Kysely: ['kysely'],
  Prisma: ['prisma'],
  both: ['kysely', 'prisma'],
}

describe('Any series of steps on a random schema', () => {
  for (const database of Object.keys(dialects) as DatabaseName[]) {
    for (const [name, adapters] of Object.entries(kinds)) {
      it(`is answered as without the cache (${database}, ${name})`, async () => {
        const servers = { postgres: inject('postgresUrl'), mariadb: inject('mariadbUrl') }
        const { find, hits, compared, steps } = await runRound({
          ...{ database, adapters, seed, servers, series: 14, mostSteps: 24 },
          ...{ limitMs: 90_000, shrinkMs: 60_000 },
        })
        // What was done is worth a line, so that nobody believes in a test that does nothing.
        process.stdout.write(
          `${database}, ${name}: ${steps} steps, ${compared} compared, ${hits} hits\n`,
        )
        expect(find && `TIDEMARK_SEED=${seed}\n${find.message}\n${find.text}`).toBeUndefined()
        // A cache that never answers would pass all of the above.
        expect(hits / compared, `${hits} hits, ${compared} compared`).toBeGreaterThan(0.1)
        expect(steps).toBeGreaterThan(50)
      }, 200_000)
    }
  }
})
