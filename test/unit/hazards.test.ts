import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { matchesGlob } from 'node:path'
import { describe, expect, it } from 'vitest'
import config from '../../vitest.config.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (path: string) => readFileSync(`${root}/${path}`, 'utf8')

/** The numbers of the hazards that the titles of a file start with. */
function hazardsOf(path: string): number[] {
  return [...read(path).matchAll(/['"`]hazard (\d+):/g)].map(([, number]) => Number(number))
}

const tested = new Map<number, string[]>()
for (const path of globSync('test/**/*.test.ts', { cwd: root })) {
  for (const number of new Set(hazardsOf(path))) {
    tested.set(number, [...(tested.get(number) ?? []), path])
  }
}

const lines = [...read('docs/hazards.md').matchAll(/^- \*\*(\d+)\.\*\*(.*)$/gm)].map((line) => ({
  number: Number(line[1]),
  files: [...line[2]!.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, path]) => path!),
}))

describe('docs/hazards.md', () => {
  it('names each of the fifty hazards once', () => {
    const numbers = lines.map(({ number }) => number).sort((a, b) => a - b)
    expect(numbers).toEqual(Array.from({ length: 50 }, (_, index) => index + 1))
  })

  it('leads only to files that have a test of the hazard', () => {
    expect(lines.flatMap(({ files }) => files).length).toBeGreaterThan(50)
    for (const { number, files } of lines) {
      for (const path of files)
        expect(hazardsOf(path), `${path}, hazard ${number}`).toContain(number)
    }
  })

  it('lists no hazard as one without tests that has some', () => {
    const untested = lines.filter(({ files }) => files.length === 0).map(({ number }) => number)
    const missing = untested
      .filter((number) => tested.has(number))
      .map(
        (number) =>
          `hazard ${number}: name ${tested.get(number)?.join(', ')} in its line of docs/hazards.md`,
      )
    expect(missing).toEqual([])
  })

  it('runs those of one process and of adapters in the project with a shared tier as well', () => {
    const { projects = [] } = config.test!
    const shared = projects
      .map((project) =>
        typeof project === 'object' && 'test' in project ? project.test : undefined,
      )
      .find((test) => test?.name === 'shared')
    const run = (path: string) => shared?.include?.some((glob) => matchesGlob(path, glob))
    const numbers = new Set([...tested].filter(([, files]) => files.some(run)).map(([n]) => n))
    const needed = [1, 2, 3, 4, 5, 6, 40, 41, 42, 43, 44, 45, 46, 47]
    expect(needed.filter((number) => !numbers.has(number))).toEqual([])
  })

  it('lists every hazard of one process as tested', () => {
    const needed = [1, 2, 3, 4, 5, 6, 15, 17, 19, 23, 24, 25]
    for (let number = 27; number <= 47; number += 1) needed.push(number)
    expect(needed.filter((number) => !tested.has(number))).toEqual([])
  })
})
