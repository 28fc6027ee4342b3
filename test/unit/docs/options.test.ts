import { createTidemark, resolveHint } from '@tidemark/core'
import { msgpackCodec, redisTier } from '@tidemark/redis'
import { describe, expect, it } from 'vitest'
import { resolveDirectOptions } from '../../../packages/core/src/direct/direct-options.ts'
import { resolveOptions } from '../../../packages/core/src/options/options.ts'
import { resolveVerify } from '../../../packages/core/src/insight/verification.ts'
import { checkOptions } from '../../../packages/kysely/src/options.ts'
import { resolveExtensionOptions } from '../../../packages/prisma/src/extension-options.ts'
import { resolveRedisOptions } from '../../../packages/redis/src/options.ts'
import { allPages } from './pages.ts'

type Given = Readonly<Record<string, unknown>>

const page = allPages().find(({ path }) => path === 'docs/options.md')!
const shown = optionsBySection()
const general = '## How long, and what then'
/** It connects to nothing before a cache is made with it. */
const shared = redisTier('redis://nowhere.invalid')
const nameSecret = new Uint8Array(32)

/** What resolves the options of each section, given no others. It must refuse those that it does not know. */
const resolvers: Readonly<Record<string, (given: Given) => unknown>> = {
  '## `createTidemark(options)`': (given) => whatHolds({ shared, ...given }),
  '### `memory`': (memory) => resolveOptions({ shared, memory }),
  '### `verify`': (given) => resolveVerify({ sample: 0.5, ...given }),
  '## Hints': (given) => resolveHint(given),
  '## Table policies': (films) => createTidemark().engine.policies({ tables: { films } }),
  '## `withCache(kysely, cache, options)`': (given) => checkOptions(given),
  '## `cacheExtension(cache, options)`': (given) =>
    resolveExtensionOptions(createTidemark(), given),
  '## `redisTier(client, options)`': (given) => resolveRedisOptions(given),
  '### `breaker`': (breaker) => resolveRedisOptions({ breaker }),
  '### `encryption`': (given) =>
    resolveRedisOptions({ nameSecret, encryption: given as { keys: [] } }),
  '### `cache.getOrLoad(key, load, options)`': (given) => resolveDirectOptions('getOrLoad', given),
  '### `cache.invalidate(target)`': (given) => createTidemark().invalidate(given),
  '### `cache.tags(options)`': (given) => createTidemark().tags(given),
  '### `cache.withTicket(work, options)`': (given) => createTidemark().withTicket(() => 1, given),
}
/** Without which of it was asked for, which explanations tell. */
function whatHolds(given: Given) {
  return { ...resolveOptions(given), givenPolicy: undefined }
}

const direct = '### `cache.getOrLoad(key, load, options)`'

/** Those that take what a hint, a table and a cache have in common, each with what it leaves out of that. */
const takeAll: ReadonlyMap<string, readonly string[]> = new Map([
  ...['## `createTidemark(options)`', '## Hints', '## Table policies'].map(
    (section): [string, string[]] => [section, []],
  ),
  [direct, ['writeThrough']],
])

describe('docs/options.md', () => {
  it.each(Object.keys(resolvers))('%s has the options that there are', async (section) => {
    const own = [...(shown.get(section)?.keys() ?? [])]
    const without = takeAll.get(section)
    const common = without ? [...shown.get(general)!.keys()] : []
    const all = [...common.filter((name) => !without?.includes(name)), ...own]
    expect(all.toSorted()).toEqual((await knownTo(resolvers[section]!)).toSorted())
  })

  it('has no section but these', () => {
    expect([...shown.keys()].toSorted()).toEqual(
      [
        general,
        ...Object.keys(resolvers).filter((name) => name !== '## Table policies'),
      ].toSorted(),
    )
  })

  // What the others are resolved to is functions, or nothing, which says nothing when compared.
  const defaults = [...shown]
    .filter(([section]) => !/withCache|cacheExtension|`cache\./.test(section))
    .flatMap(([section, options]) =>
      [...options].map(([name, value]) => ({ section, name, value })),
    )
    .filter(({ value }) => value !== undefined)

  it.each(defaults)(
    '$section $name is $value where it is not given',
    ({ section, name, value }) => {
      const resolve = resolvers[section === general ? '## `createTidemark(options)`' : section]!
      expect(resolve({ [name]: value })).toEqual(resolve({}))
      const other = otherThan(value)
      if (other !== undefined) expect(resolve({ [name]: other })).not.toEqual(resolve({}))
    },
  )

  it('says defaults that can be compared', () => {
    expect(defaults.length).toBeGreaterThan(25)
  })
})

/** The options of each section by name, with their defaults where these are values. */
function optionsBySection(): ReadonlyMap<string, ReadonlyMap<string, unknown>> {
  const sections = new Map<string, Map<string, unknown>>()
  let heading = ''
  for (const token of page.tokens) {
    if (token.type === 'heading') heading = token.raw.trim()
    if (token.type !== 'table' || heading.startsWith('# ')) continue
    const rows = token.rows as readonly (readonly { readonly text: string }[])[]
    sections.set(
      heading,
      new Map(rows.map(([name, , value]) => [name!.text.slice(1, -1), valueOf(value!.text)])),
    )
  }
  return sections
}

function valueOf(text: string): unknown {
  const [, code] = /^`(.+)`$/.exec(text) ?? []
  if (code === undefined) return undefined
  if (code === 'msgpackCodec') return msgpackCodec
  return JSON.parse(code.replaceAll("'", '"').replaceAll('_', ''))
}

/** Another value of the same type, where there is one that every option of the type takes. */
function otherThan(value: unknown): unknown {
  if (typeof value === 'number' && value > 0) return value < 1 ? value / 2 : value + 1
  if (typeof value !== 'string' || !/^\d/.test(value)) return undefined
  return value.replace(/^\d+/, (digits) => String(Number(digits) * 2))
}

/** The options that are listed where one is refused. */
async function knownTo(resolve: (given: Given) => unknown): Promise<string[]> {
  try {
    await resolve({ '?': true })
  } catch (error) {
    const [, names] = /unknown option "\?", expected one of (.*)$/.exec((error as Error).message)!
    return names!.split(', ')
  }
  throw new Error('an unknown option was accepted')
}
