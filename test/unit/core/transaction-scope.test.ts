import { Gate } from '@tidemark/testing'
import { describe, expect, it } from 'vitest'
import { Harness } from './harness.ts'

const settled = () => 'settled' as const
const unknown = () => 'unknown' as const

describe('a transaction', () => {
  it('makes old what it wrote when it commits, and not before', async () => {
    const harness = new Harness()
    let row = 'old'
    await harness.read(() => row)
    const scope = harness.engine.beginTransaction()
    await harness.write(() => undefined, { scope })
    expect(await harness.read(() => 'not asked')).toBe('old')
    await scope.commit(async () => (row = 'new'), settled)
    expect(await harness.read(() => row)).toBe('new')
  })

  it('hazard 3: makes nothing old when it rolls back', async () => {
    const harness = new Harness()
    await harness.read(() => 'old')
    const scope = harness.engine.beginTransaction()
    await harness.write(() => undefined, { scope })
    await scope.end('settled')
    expect(await harness.read(() => 'not asked')).toBe('old')
  })

  it('hazard 6: holds the marks from before the commit is sent until its outcome is known', async () => {
    const harness = new Harness()
    let row = 'old'
    await harness.read(() => row)
    const scope = harness.engine.beginTransaction()
    await harness.write(() => undefined, { scope })
    const committing = new Gate()
    const commit = scope.commit(() => {
      row = 'new'
      return committing.pass(() => undefined)
    }, settled)
    await committing.reached
    expect(await harness.read(() => row)).toBe('new')
    expect(harness.counts().bypasses).toEqual({ 'marks-locked': 1 })
    committing.open()
    await commit
  })

  it('hazard 17: keeps readers at the database while nobody knows whether it committed', async () => {
    const harness = new Harness()
    let row = 'old'
    await harness.read(() => row)
    const scope = harness.engine.beginTransaction()
    await harness.write(() => undefined, { scope })
    const lost = new Error('connection terminated')
    await expect(scope.commit(() => Promise.reject(lost), unknown)).rejects.toBe(lost)
    expect(await harness.read(() => row)).toBe('old')
    row = 'new'
    expect(await harness.read(() => row)).toBe('new')
    harness.clock.advance(10_000)
    expect(await harness.read(() => row)).toBe('new')
    expect(await harness.read(() => 'not asked')).toBe('new')
  })

  it('lets go of the marks at once when the database says that the commit failed', async () => {
    const harness = new Harness()
    const scope = harness.engine.beginTransaction()
    await harness.write(() => undefined, { scope })
    const refused = new Error('could not serialize access')
    await expect(scope.commit(() => Promise.reject(refused), settled)).rejects.toBe(refused)
    await harness.read(() => 'row')
    expect(await harness.read(() => 'not asked')).toBe('row')
  })

  it('moves the marks of a statement that takes effect at once at the statement, and again at the end', async () => {
    const harness = new Harness()
    const scope = harness.engine.beginTransaction()
    await harness.read(() => 'before')
    await harness.write(() => undefined, { scope, takesEffect: 'at-once' })
    expect(await harness.read(() => 'between')).toBe('between')
    await scope.commit(async () => undefined, settled)
    expect(await harness.read(() => 'after')).toBe('after')
  })

  it('hazard 13: keeps two transactions on one table apart', async () => {
    const harness = new Harness()
    const [first, second] = [harness.engine.beginTransaction(), harness.engine.beginTransaction()]
    await harness.write(() => undefined, { scope: first })
    await harness.write(() => undefined, { scope: second })
    await first.beforeCommit()
    await second.beforeCommit()
    await first.end('settled')
    await harness.read(() => 'one')
    expect(await harness.read(() => 'two')).toBe('two')
    await second.end('settled')
    await harness.read(() => 'three')
    expect(await harness.read(() => 'not asked')).toBe('three')
  })

  it('passes on the error of a write, and makes its table old all the same', async () => {
    const harness = new Harness()
    await harness.read(() => 'old')
    const error = new Error('duplicate key')
    await expect(harness.write(() => Promise.reject(error))).rejects.toBe(error)
    expect(await harness.read(() => 'new')).toBe('new')
  })

  it('moves no mark when it wrote nothing', async () => {
    const harness = new Harness()
    await harness.read(() => 'old')
    await harness.engine.beginTransaction().commit(async () => undefined, settled)
    expect(await harness.read(() => 'not asked')).toBe('old')
  })

  it('holds the marks of a write that came after the COMMIT was under way, until both are over', async () => {
    const harness = new Harness()
    const [committing, writing] = [new Gate(), new Gate()]
    const scope = harness.engine.beginTransaction()
    let row = 'old'
    const commit = scope.commit(() => committing.pass(() => undefined), settled)
    await committing.reached
    const late = harness.write(() => writing.pass(() => undefined), { scope })
    await writing.reached
    writing.open()
    await late
    expect(await harness.read(() => row)).toBe('old')
    row = 'new'
    expect(await harness.read(() => row)).toBe('new')
    committing.open()
    await commit
    await harness.read(() => row)
    expect(await harness.read(() => 'not asked')).toBe('new')
  })

  it('makes old what a late write did that ended after the transaction', async () => {
    const harness = new Harness()
    const [committing, writing] = [new Gate(), new Gate()]
    const scope = harness.engine.beginTransaction()
    const commit = scope.commit(() => committing.pass(() => undefined), settled)
    await committing.reached
    const late = harness.write(() => writing.pass(() => undefined), { scope })
    await writing.reached
    committing.open()
    await commit
    expect(await harness.read(() => 'old')).toBe('old')
    writing.open()
    await late
    expect(await harness.read(() => 'new')).toBe('new')
  })

  it('makes old at a rollback what a statement that commits by itself had committed', async () => {
    const harness = new Harness()
    const scope = harness.engine.beginTransaction()
    await harness.write(() => undefined, { scope, tables: ['film'] })
    await harness.write(() => undefined, { scope, tables: ['genre'], takesEffect: 'at-once' })
    await harness.read(() => 'old')
    await harness.write(() => undefined, { scope, tables: ['other'] })
    await scope.end('settled')
    expect(await harness.read(() => 'new')).toBe('new')
  })

  it('holds the marks again when a COMMIT that failed is sent again', async () => {
    const harness = new Harness()
    const scope = harness.engine.beginTransaction()
    let row = 'old'
    await harness.write(() => undefined, { scope })
    const busy = new Error('database is locked')
    await expect(scope.commit(() => Promise.reject(busy), settled)).rejects.toBe(busy)
    await harness.read(() => row)
    await scope.commit(async () => (row = 'new'), settled)
    expect(await harness.read(() => row)).toBe('new')
  })

  it('leaves no lock behind when its COMMIT is sent twice at once', async () => {
    const harness = new Harness()
    const scope = harness.engine.beginTransaction()
    await harness.write(() => undefined, { scope })
    await Promise.all([
      scope.commit(async () => undefined, settled),
      scope.commit(async () => undefined, settled),
    ])
    await harness.read(() => 'row')
    expect(await harness.read(() => 'not asked')).toBe('row')
  })

  it('passes the error on, and takes the outcome for unknown, where the adapter fails to judge it', async () => {
    const harness = new Harness()
    const scope = harness.engine.beginTransaction()
    await harness.write(() => undefined, { scope })
    const lost = new Error('connection terminated')
    const failing = () => {
      throw new TypeError('no code')
    }
    await expect(scope.commit(() => Promise.reject(lost), failing)).rejects.toBe(lost)
    await harness.read(() => 'row')
    expect(harness.counts().bypasses).toEqual({ 'marks-locked': 1 })
    expect(harness.cache.metrics().unknownOutcomes).toBe(1)
  })

  it('hazard 17: keeps readers at the database after an autocommitted write without an answer', async () => {
    const harness = new Harness()
    const lost = new Error('connection terminated')
    const write = harness.write(() => Promise.reject(lost), { outcome: 'unknown' })
    await expect(write).rejects.toBe(lost)
    await harness.read(() => 'one')
    expect(await harness.read(() => 'two')).toBe('two')
    harness.clock.advance(10_000)
    await harness.read(() => 'three')
    expect(await harness.read(() => 'not asked')).toBe('three')
  })
})
