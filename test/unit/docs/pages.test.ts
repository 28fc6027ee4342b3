import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { runnableSnippet, shownSnippets, snippetsOf } from '../../docs/snippets.ts'
import { allPages } from './pages.ts'

const ROOT = new URL('../../../', import.meta.url)
const pages = allPages()
const byPath = new Map(pages.map((page) => [page.path, page]))
const snippetFiles = readdirSync(new URL('test/docs/snippets', ROOT))
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.slice(0, -3))

describe('every page', () => {
  it.each(pages)('$path: its links lead somewhere', ({ path, links }) => {
    const broken = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file, anchor] = link.split('#') as [string, string?]
        const target = file === '' ? path : posix.join(posix.dirname(path), file)
        if (!existsSync(fileURLToPath(new URL(target, ROOT)))) return true
        return anchor !== undefined && !byPath.get(target)?.anchors.has(anchor)
      })
    expect(broken).toEqual([])
  })
})

describe('every page of docs/', () => {
  const docs = pages.filter(({ path }) => /^docs\/[^/]+$/.test(path))

  it.each(docs)('$path: opens with what it says, in short', ({ tokens }) => {
    const [title, opening] = tokens.filter(({ type }) => type !== 'space')
    expect(title).toMatchObject({ type: 'heading', depth: 1 })
    expect(opening?.type).toBe('blockquote')
    expect(opening?.raw).toMatch(/^> \*\*In short\.\*\* \S/)
  })

  it.each(docs)('$path: is in the index', ({ path }) => {
    if (path !== 'docs/README.md') {
      expect(byPath.get('docs/README.md')?.links, 'the links of docs/README.md').toContain(
        posix.basename(path),
      )
    }
  })
})

it('each decision has a number of its own, in its name and in its title', () => {
  const decisions = pages.filter(({ path }) => path.startsWith('docs/decisions/'))
  const numbers = decisions.map(({ path }) => Number(posix.basename(path).slice(0, 4)))
  expect(numbers.toSorted((a, b) => a - b)).toEqual(decisions.map((_, at) => at + 1))
  expect(decisions.map(({ text }) => Number(/^# (\d+)\. /.exec(text)?.[1]))).toEqual(numbers)
})

describe('the TypeScript on pages', async () => {
  const placeOf = new Map<string, string>()
  for (const file of snippetFiles) {
    for (const name of await snippetsOf(file)) placeOf.set(name, file)
  }
  const shown = pages.filter(({ text }) => /^ *```(ts|typescript)\b/m.test(text))

  it.each(shown)('$path: each block is a snippet, as it is compiled and run', async (page) => {
    const snippets = await shownSnippets(page.path)
    for (const { name, code } of snippets) {
      expect([...placeOf.keys()], 'the regions of test/docs/snippets').toContain(name)
      expect(code).toBe(await runnableSnippet(name, placeOf.get(name)))
    }
    const blocks = [...page.text.matchAll(/^ *```(ts|typescript)\b/gm)]
    expect(snippets, 'each block has a snippet comment above it').toHaveLength(blocks.length)
  })

  const tests = globSync('test/{docs,integration}/**/*.ts', { cwd: fileURLToPath(ROOT) }).map(
    (path) => readFileSync(new URL(path, ROOT), 'utf8'),
  )

  it.each(snippetFiles)('%s is run by a test', (file) => {
    expect(tests.some((text) => text.includes(`/snippets/${file}.ts'`))).toBe(true)
  })

  it('each snippet is on some page', async () => {
    const names = await Promise.all(
      shown.map(async ({ path }) => (await shownSnippets(path)).map(({ name }) => name)),
    )
    expect([...placeOf.keys()].filter((name) => !names.flat().includes(name))).toEqual([])
  })
})
