import { readFile } from 'node:fs/promises'
import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { Kysely } from 'kysely'
import { expect, inject, it } from 'vitest'
import { compilerFor } from './dialects.ts'

const root = new URL('../../../', import.meta.url)

it('the Kysely under test is the one that is meant', async () => {
  const expected = { newest: await newest(), oldest: await oldest() }[inject('kysely')]
  const { version } = await readJson<{ version: string }>(new URL('../package.json', home()))
  expect(version).toBe(expected)
  // It refuses what is not an instance of its own Kysely.
  expect(withCache(compilerFor('postgres'), createTidemark())).toBeInstanceOf(Kysely)
})

/** The folder that the code of Kysely was loaded from: none of its exports says so, but its errors do. */
function home(): string {
  try {
    // oxlint-disable-next-line no-new -- what counts is where it throws
    new Kysely({} as never)
  } catch (error) {
    const file = /file:\S+?\/dist\//.exec((error as Error).stack ?? '')?.[0]
    if (file) return file
  }
  throw new Error('expected an error that names a file of Kysely')
}

/** What the workspace installs. */
async function newest(): Promise<string | undefined> {
  const { devDependencies } = await readJson<Manifest>(new URL('package.json', root))
  return devDependencies?.kysely
}

/** The least that the package allows. */
async function oldest(): Promise<string | undefined> {
  const { peerDependencies } = await readJson<Manifest>(
    new URL('packages/kysely/package.json', root),
  )
  return peerDependencies?.kysely?.replace('^', '')
}

interface Manifest {
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

async function readJson<T>(file: URL): Promise<T> {
  return JSON.parse(await readFile(file, 'utf8')) as T
}
