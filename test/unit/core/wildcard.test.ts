import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { patternMatcher, prefixMatcher } from '../../../packages/core/src/marks/wildcard.ts'

const matches = (pattern: string, name: string) => patternMatcher('pattern', pattern).matches(name)

describe('a pattern', () => {
  it.each([
    ['user:5', 'user:5', true],
    ['user:5', 'user:50', false],
    ['user:5', 'a user:5', false],
    ['user:*', 'user:', true],
    ['user:*', 'user:5:orders', true],
    ['user:*', 'User:5', false],
    ['*', 'anything\nat all', true],
    ['user:*:orders', 'user:5:orders', true],
    ['user:*:orders', 'user::orders', true],
    ['user:*:orders', 'user:5:orders:6', false],
    ['*:orders*', 'a:orders', true],
    ['user:?', 'user:5', true],
    ['user:?', 'user:', false],
    ['user:?', 'user:55', false],
    ['user:?', 'user:🎬', true],
    ['a**b', 'ab', true],
    ['*a?b*', 'xxaab', true],
    [String.raw`5\*`, '5*', true],
    [String.raw`5\*`, '55', false],
    [String.raw`\[a\]`, '[a]', true],
    [String.raw`a\\`, 'a\\', true],
    // It is what Redis has in its place.
    ['a\ud800*', 'a\ufffdb', true],
    ['a\ufffd*', 'a\ud800b', true],
  ])('%j and %j: %s', (pattern, name, expected) => {
    expect(matches(pattern, name)).toBe(expected)
  })

  it('means what the same regular expression means', () => {
    const letters = fc.constantFrom('a', 'b', '.', '*', '?')
    fc.assert(
      fc.property(
        fc.string({ unit: letters, maxLength: 7 }),
        fc.string({ unit: letters, maxLength: 9 }),
        (pattern, name) => {
          const source = pattern
            .replaceAll('.', String.raw`\.`)
            .replaceAll('*', '[^]*')
            .replaceAll('?', '[^]')
          expect(matches(pattern, name)).toBe(new RegExp(`^${source}$`, 'u').test(name))
        },
      ),
      { numRuns: 5000 },
    )
  })

  it('begins with what stands before its first wildcard', () => {
    expect(patternMatcher('pattern', String.raw`a\*b*c`).prefix).toBe('a*b')
    expect(patternMatcher('pattern', '?a').prefix).toBe('')
    expect(patternMatcher('pattern', 'abc').prefix).toBe('abc')
  })

  it('takes no time to speak of, whatever is in it', () => {
    expect(matches(`${'*a'.repeat(200)}b`, 'a'.repeat(2000))).toBe(false)
  })
})

describe('a prefix', () => {
  it('is text and nothing else', () => {
    const matcher = prefixMatcher('a*[')
    expect(matcher.matches('a*[b')).toBe(true)
    expect(matcher.matches('axx[b')).toBe(false)
  })
})
