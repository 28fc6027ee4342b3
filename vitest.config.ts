import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

declare module 'vitest' {
  interface ProvidedContext {
    /** Which of the supported versions of Kysely is under test. */
    kysely: 'oldest' | 'newest'
  }
}

export default defineConfig({
  // Tests run straight from the TypeScript sources: each package exports them under the first of these conditions. The
  // others are Vite's defaults, which this list replaces. Processes that a test forks inherit them.
  ssr: { resolve: { conditions: ['tidemark-source', 'module', 'node', 'development'] } },
  test: {
    // Databases work beside the tests, so more would only wait.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    provide: { kysely: 'newest' },
    projects: [
      {
        extends: true,
        test: { name: 'unit', include: ['test/unit/**/*.test.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'databases',
          // All the rest, so that no test file is in no project.
          include: ['test/**/*.test.ts'],
          exclude: ['test/unit/**'],
          globalSetup: 'test/support/start-servers.ts',
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        // For the tests and for what they test alike: packages/kysely is run from its sources.
        resolve: { alias: [{ find: /^kysely(?=$|\/)/, replacement: 'kysely-oldest' }] },
        test: {
          name: 'kysely-oldest',
          include: ['test/{unit,integration}/kysely/**/*.test.ts', 'test/**/sqlite-kysely.test.ts'],
          globalSetup: 'test/support/start-pglite.ts',
          provide: { kysely: 'oldest' },
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['test/types/*.test-d.ts'],
            tsconfig: 'test/types/tsconfig.json',
          },
        },
      },
    ],
  },
})
