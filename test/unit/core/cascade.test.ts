import { EVERYTHING, keyTag, tableTag, type Tag } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { cascadeOf, type ReachedTable } from '../../../packages/core/src/insight/cascade.ts'
import { Derivations } from '../../../packages/core/src/marks/derivations.ts'

const step = (text: string): ReachedTable => {
  const [from = '', table = ''] = text.split(' → ')
  return { from, table, by: 'trigger' }
}

function ways(
  tags: readonly Tag[],
  reached: readonly string[],
  derivations = new Derivations(),
  max = 100,
): readonly string[] {
  const paths = cascadeOf(tags, reached.map(step), derivations, max)
  return paths.map((path) => path.map(({ name }) => name).join(' → '))
}
const tables = (names: string) => names.split(' ').map(tableTag)

describe('the ways by which an invalidation went on', () => {
  it('begin at what nothing else leads to', () => {
    expect(ways(tables('a b c'), ['a → b', 'B → C'])).toEqual(['a → b', 'a → b → c'])
    expect(ways(tables('a b'), [])).toEqual([])
  })

  it('go each way once, also where two writes lead to each other', () => {
    expect(ways(tables('a b c'), ['a → b', 'b → a', 'a → b', 'b → c'])).toEqual([
      'a → b',
      'a → b → c',
    ])
  })

  it('are none where all is old, or where it was not moved', () => {
    expect(ways([EVERYTHING], ['a → b'])).toEqual([])
    expect(ways(tables('b'), ['a → b'])).toEqual([])
  })

  it('lead on to keys from wherever they began', () => {
    const derivations = new Derivations()
    derivations.add('page', [tableTag('b')])
    derivations.add('site', [keyTag('page')])
    expect(ways(tables('a b'), ['a → b'], derivations)).toEqual([
      'a → b',
      'a → b → page',
      'a → b → page → site',
    ])
    // What leads to it was not moved.
    expect(ways(tables('b'), ['a → b'], derivations)).toEqual(['b → page', 'b → page → site'])
  })

  it('are as many as are asked for', () => {
    const derivations = new Derivations()
    for (const key of ['x', 'y', 'z']) derivations.add(key, [tableTag('a')])
    expect(ways(tables('a b'), ['a → b'], derivations, 2)).toEqual(['a → b', 'a → x'])
    expect(ways(tables('a b'), ['a → b'], derivations, 0)).toEqual([])
  })
})
