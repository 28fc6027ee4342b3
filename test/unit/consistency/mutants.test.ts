import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { mutate } from '../../consistency/mutate.ts'
import { MUTANTS } from '../../consistency/mutants.ts'

describe('mutants', () => {
  test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s is made of what is there',
    (_, { edits }) => {
      for (const edit of edits) {
        const text = readFileSync(resolve(import.meta.dirname, '../../..', edit.file), 'utf8')
        expect(mutate(text, edit)).not.toBe(text)
      }
    },
  )

  test('one whose place is gone, or is not the only one, is refused', () => {
    const edit = { file: 'a.ts', find: 'x', replace: 'y' }
    expect(() => mutate('abc', edit)).toThrow('a.ts: expected once, found 0 times:\nx')
    expect(() => mutate('x or x', edit)).toThrow('found 2 times')
  })
})
