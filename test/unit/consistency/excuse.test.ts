import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isExcused, type Missed } from '../../consistency/excuse.ts'
import { log, readWrites, type WriteLine } from '../../consistency/write-log.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-writes-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true })
})

const ROW = 3

function writesOf(...lines: readonly WriteLine[]) {
  const path = join(folder, 'writes')
  for (const line of lines) log(path, line)
  return readWrites(path)
}

/** A write that gave the row this version, without a lock and a release unless it says otherwise. */
function done(
  version: number,
  facts: Partial<Extract<WriteLine, { kind: 'done' }>> = {},
): WriteLine {
  const id = `w${version}`
  return {
    ...{ kind: 'done', id, process: 'writer', row: ROW, version, wasLocked: false },
    releasedAt: undefined,
    ...facts,
  }
}

const unlocked = (row: number, id = 'w'): WriteLine => ({
  ...{ kind: 'unlocked', id, process: 'writer', row },
})

const read = (missed: Partial<Missed> = {}) => ({
  kind: 'stale' as const,
  text: 'old',
  missed: { process: 'reader', row: ROW, got: 1, newest: 2, startedAt: 100, ...missed },
})

describe('a read that missed a write', () => {
  test('is excused where neither lock nor release was taken', () => {
    const writes = writesOf(unlocked(ROW, 'w2'), done(2))
    expect(isExcused(read(), writes)).toBe(true)
    expect(writes.filter(({ isDoubleFault }) => isDoubleFault)).toHaveLength(1)
  })

  test('is not where the lock was taken', () => {
    expect(isExcused(read(), writesOf(done(2, { wasLocked: true })))).toBe(false)
  })

  test('is not once the release has arrived, be it late', () => {
    expect(isExcused(read(), writesOf(done(2, { releasedAt: 99 })))).toBe(false)
    expect(isExcused(read({ startedAt: 98 }), writesOf(done(2, { releasedAt: 99 })))).toBe(true)
    const late = writesOf(done(2), { kind: 'made up', id: 'w2', at: 99 })
    expect(isExcused(read(), late)).toBe(false)
    expect(isExcused(read({ startedAt: 98 }), late)).toBe(true)
    expect(late.filter(({ isDoubleFault }) => isDoubleFault)).toHaveLength(1)
  })

  test('is not where one of the writes that it missed was in order', () => {
    const writes = writesOf(done(2, { wasLocked: true, releasedAt: 50 }), done(3))
    expect(isExcused(read({ newest: 3 }), writes)).toBe(false)
    expect(isExcused(read({ got: 2, newest: 3 }), writes)).toBe(true)
  })

  test('is not by a write of its own process', () => {
    expect(isExcused(read({ process: 'writer' }), writesOf(done(2)))).toBe(false)
  })

  test('is not by a write to another row', () => {
    expect(isExcused(read(), writesOf(done(2, { row: ROW + 1 })))).toBe(false)
  })

  test('is excused by a writer that had no lock and was killed, by no other that nobody knows of', () => {
    expect(isExcused(read(), writesOf(unlocked(ROW)))).toBe(true)
    expect(isExcused(read(), writesOf(unlocked(ROW + 1)))).toBe(false)
    expect(isExcused(read(), writesOf())).toBe(false)
  })

  test('is excused by a writer that was killed for one version, and for no more', () => {
    const two = read({ newest: 3 })
    expect(isExcused(two, writesOf(unlocked(ROW, 'w')))).toBe(false)
    expect(isExcused(two, writesOf(unlocked(ROW, 'another')))).toBe(true)
  })
})

test('what has nothing to do with the writes of others is never excused', () => {
  expect(isExcused({ kind: 'stale', text: 'not its own' }, writesOf(done(2)))).toBe(false)
})
