import { createTidemark, tableTag, type WriteCall } from '@tidemark/core'
import { Gate } from '@tidemark/testing'
import { beforeEach, describe, expect, it } from 'vitest'
import { OpenTransactions } from '../../../packages/prisma/src/open-transactions.ts'
import { outcomeOf } from '../../../packages/prisma/src/write-outcome.ts'

describe('open transactions', () => {
  let engine = createTidemark().engine
  let transactions = new OpenTransactions(engine, 'postgresql')
  beforeEach(() => {
    ;({ engine } = createTidemark())
    transactions = new OpenTransactions(engine, 'postgresql')
  })

  function writeOf(table: string): WriteCall {
    const shape = { adapter: 'prisma', fingerprint: `write ${table}` }
    const plan = engine.plan(shape, { kind: 'write', tables: [table] }, engine.policies({}))
    return { plan, outcomeOf }
  }
  const stateOf = async (table: string) => (await engine.marks.read([tableTag(table)])).state
  const nothing = () => Promise.resolve()

  it('hold what a late write changed until the commit has its answer', async () => {
    transactions.started('t')
    await transactions.write('t', [writeOf('films')], nothing)
    const commit = new Gate()
    const committed = transactions.commit('t', () => commit.pass(nothing))
    const late = new Gate()
    const written = transactions.write('t', [writeOf('genres')], () => late.pass(nothing))
    await Promise.all([commit.reached, late.reached])
    expect([await stateOf('films'), await stateOf('genres')]).toEqual(['locked', 'locked'])
    late.open()
    // The database answered the late write, and has not yet made it visible.
    await new Promise(setImmediate)
    expect(await stateOf('genres')).toBe('locked')
    commit.open()
    await Promise.all([committed, written])
    expect([await stateOf('films'), await stateOf('genres')]).toEqual(['open', 'open'])
  })

  it('leave what an unknown one changed to the lease', async () => {
    await transactions.write('unknown', [writeOf('films')], nothing)
    expect(await stateOf('films')).toBe('locked')
  })

  it('lock nothing where Prisma refused a write, since the transaction has ended', async () => {
    transactions.started('t')
    await transactions.commit('t', nothing)
    const ended = Object.assign(new Error('Transaction already closed'), { code: 'P2028' })
    const late = transactions.write('t', [writeOf('films')], () => Promise.reject(ended))
    await expect(late).rejects.toBe(ended)
    expect(await stateOf('films')).toBe('open')
  })

  it('lock nothing before the commit, and nothing after a rollback', async () => {
    transactions.started('t')
    await transactions.write('t', [writeOf('films'), writeOf('genres')], nothing)
    expect(await stateOf('films')).toBe('open')
    await transactions.rollback('t', nothing)
    expect([await stateOf('films'), await stateOf('genres')]).toEqual(['open', 'open'])
  })

  it('keep what was written inside of a savepoint, whether it was rolled back or not', async () => {
    transactions.started('t')
    for (const end of ['commit', 'rollback'] as const) {
      transactions.started('t')
      await transactions.write('t', [writeOf(end)], nothing)
      await transactions[end]('t', nothing)
    }
    const gate = new Gate()
    const committed = transactions.commit('t', () => gate.pass(nothing))
    await gate.reached
    expect([await stateOf('commit'), await stateOf('rollback')]).toEqual(['locked', 'locked'])
    gate.open()
    await committed
  })

  it('pass on an error of the commit, and let go where the database said no', async () => {
    transactions.started('t')
    await transactions.write('t', [writeOf('films')], nothing)
    const refused = Object.assign(new Error('no'), { code: 'P2034' })
    await expect(transactions.commit('t', () => Promise.reject(refused))).rejects.toBe(refused)
    expect(await stateOf('films')).toBe('open')
  })
})
