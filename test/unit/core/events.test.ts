import { createTidemark, type ReadEvent } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { Events } from '../../../packages/core/src/insight/events.ts'
import { Harness, makeCache } from './harness.ts'

const event: ReadEvent = { adapter: 'a', fingerprint: 'f', outcome: 'hit', reason: 'memory' }

describe('an event', () => {
  it('is not made where nobody listens', () => {
    const events = new Events()
    let made = 0
    const emit = () => {
      events.emit('read', () => {
        made += 1
        return event
      })
    }
    emit()
    const stops = [events.on('write', () => {}), events.on('read', () => {})]
    emit()
    expect([made, events.heard.read, events.heard.stale]).toEqual([1, true, false])
    for (const stop of stops) stop()
    emit()
    expect([made, events.heard.read, events.heard.write]).toEqual([1, false, false])
  })

  it('comes once to each who listens, in the order in which they began', () => {
    const events = new Events()
    const told: string[] = []
    const same = () => told.push('same')
    events.on('read', () => told.push('first'))
    const stop = events.on('read', same)
    events.on('read', same)
    events.emit('read', () => event)
    expect(told).toEqual(['first', 'same', 'same'])
    stop()
    stop()
    events.emit('read', () => event)
    expect(told.slice(3)).toEqual(['first', 'same'])
  })

  it('comes to those who listen when it happens, whatever they do about listening', () => {
    const events = new Events()
    const told: string[] = []
    const again = () => {
      told.push('again')
      stopAgain()
      stopAgain = events.on('read', again)
      stopOther()
      events.on('read', () => told.push('late'))
    }
    let stopAgain = events.on('read', again)
    const stopOther = events.on('read', () => told.push('other'))
    events.emit('read', () => event)
    expect(told).toEqual(['again'])
    events.emit('read', () => event)
    expect(told.slice(1)).toEqual(['again', 'late'])
  })
})

it('a listener sees counts that add up, and what it throws changes no answer', async () => {
  const { cache, clock } = makeCache({ staleWhileRevalidate: '1m' })
  const harness = new Harness({ cache, clock })
  const seen: number[] = []
  const warnings: unknown[] = []
  const warn = (warning: unknown) => warnings.push(warning)
  process.on('warning', warn)
  cache.on('read', () => {
    const { calls, hits, misses, bypasses } = cache.metrics().totals.reads
    seen.push(calls - hits - misses - bypasses)
    throw new Error('of a listener')
  })
  for (const hint of [{}, {}, { mode: 'bypass' as const }, { mode: 'refresh' as const }]) {
    expect(await harness.read(() => 'row', { hint })).toBe('row')
  }
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', warn)
  expect(seen).toEqual([0, 0, 0, 0])
  expect(warnings).toHaveLength(4)
})

it('what is no event is refused', () => {
  const cache = createTidemark()
  expect(() => cache.on('reads' as 'read', () => {})).toThrow('expected one of read, write')
  expect(() => cache.on('read', 5 as never)).toThrow("on('read'): expected a function")
})
