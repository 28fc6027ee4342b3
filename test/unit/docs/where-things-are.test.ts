import { existsSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Tokens } from 'marked'
import { expect, it } from 'vitest'
import { allPages } from './pages.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const page = allPages().find(({ path }) => path === 'docs/where-things-are.md')!
const tables = page.tokens.filter((token): token is Tokens.Table => token.type === 'table')

/** The files that a cell names: from the root, from the folder that heads the table, or beside the one named before. */
function missingOf(cell: string, folder: string): string[] {
  const missing: string[] = []
  let before = folder
  for (const [, name] of cell.matchAll(/`([^`\s]+\.(?:ts|mjs|md|prisma))`/g)) {
    for (const path of eachOf(name!)) {
      const places = [path, posix.join(folder, path), posix.join(before, path)]
      const found = places.find((place) => existsSync(`${ROOT}/${place}`))
      if (found === undefined) missing.push(path)
      else before = posix.dirname(found)
    }
  }
  return missing
}

/** `a/{b,c}.ts` as both of its files. */
function eachOf(name: string): string[] {
  const [whole, names] = /\{(.+)\}/.exec(name) ?? []
  return names === undefined ? [name] : names.split(',').map((each) => name.replace(whole!, each))
}

it.each(tables)('docs/where-things-are.md names files that there are: $header.1.text', (table) => {
  const [, folder = ''] = /`(.+)`/.exec(table.header[1]!.text) ?? []
  const missing = table.rows.flatMap(([, answer]) => missingOf(answer!.text, folder))
  expect(missing).toEqual([])
})
