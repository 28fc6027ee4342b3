import { describe, expect, it } from 'vitest'
import type { MarkToken } from '../../../packages/core/src/marks/marks.ts'
import type { Tag } from '../../../packages/core/src/marks/tags.ts'
import { TokenMap } from '../../../packages/core/src/marks/token-map.ts'

const tag = (name: string) => name as Tag
const token = (name: string) => name as MarkToken

function mapOf(max: number, names: readonly string[]): TokenMap {
  const map = new TokenMap(max)
  for (const name of names) map.set(tag(name), token(`token of ${name}`))
  return map
}

describe('a map of tokens', () => {
  it('drops the one that was set first where none was asked for', () => {
    const map = mapOf(3, ['a', 'b', 'c', 'd'])
    expect([...map.keys()]).toEqual(['b', 'c', 'd'])
    expect(map.get(tag('a'))).toBeUndefined()
    expect(map.get(tag('d'))).toBe('token of d')
  })

  it('keeps what is asked for while others come and go', () => {
    const map = mapOf(3, ['hot'])
    for (let at = 0; at < 100; at += 1) {
      expect(map.get(tag('hot'))).toBe('token of hot')
      map.set(tag(`cold ${at}`), token('t'))
    }
    expect([...map.keys()]).toHaveLength(3)
  })

  it('stays within its bound where all were asked for, and lets go of what is not asked for again', () => {
    const map = mapOf(3, ['a', 'b', 'c'])
    for (const name of ['a', 'b', 'c']) map.get(tag(name))
    map.set(tag('d'), token('t'))
    expect([...map.keys()]).toHaveLength(3)
    for (const name of ['e', 'f', 'g']) map.set(tag(name), token('t'))
    expect([...map.keys()]).toEqual(['e', 'f', 'g'])
  })

  it('has the last token of a tag, makes no room for one that it has, and none of one that was deleted', () => {
    const map = mapOf(2, ['a', 'b'])
    map.set(tag('b'), token('another'))
    expect(map.get(tag('b'))).toBe('another')
    expect(map.get(tag('a'))).toBe('token of a')
    map.delete(tag('b'))
    expect(map.get(tag('b'))).toBeUndefined()
    expect([...map.keys()]).toEqual(['a'])
  })
})
