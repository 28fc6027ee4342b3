import { EventEmitter } from 'node:events'
import { createTidemark, type ReadHint } from '@tidemark/core'
import { describe, expect, it, vi } from 'vitest'
import { Harness } from '../unit/core/harness.ts'
import { audit, derive, inspect, invalidateAll, listen } from './snippets/administration.ts'
import { runnableSnippet, shownSnippets } from './snippets.ts'

describe('the page on administration', async () => {
  const shown = await shownSnippets('docs/administration.md')

  it('shows each of its parts', () => {
    expect(shown.map(({ name }) => name)).toEqual([
      ...['invalidate', 'depends', 'invalidate-on', 'invalidations', 'inspect'],
    ])
  })

  it.each(shown)('shows the code of $name as it was run', async ({ name, code }) => {
    expect(code).toBe(await runnableSnippet(name, 'administration'))
  })

  it('tells what is there, and makes it old', async () => {
    const harness = new Harness()
    const console = { log: vi.fn<Console['log']>(), table: vi.fn<Console['table']>() }
    const hint = { tags: ['user:7:orders'] }
    await harness.read(() => 1, { tables: ['films'], operation: 'select 1', hint })
    expect(await inspect(harness.cache, console)).toBe(true)
    expect(console.table).toHaveBeenNthCalledWith(1, [
      { kind: 'table', name: 'films' },
      { kind: 'tag', name: 'user:7:orders' },
    ])
    expect(console.log).toHaveBeenCalledWith('select 1', [], expect.objectContaining({ ageMs: 0 }))
    expect(await invalidateAll(harness.cache)).toMatchObject({ marks: 1 })
    expect((await harness.cache.keysByTag('user:7:orders')).keys.length).toBe(1)
    await harness.read(() => 2, { tables: ['films'], operation: 'select 1', hint })
    expect(harness.loads).toBe(2)
  })

  it('follows what is made of other things, and events, and tells of it', async () => {
    const harness = new Harness({ cache: createTidemark() })
    const { cache } = harness
    derive(cache)
    const isHit = async (hint: ReadHint) => {
      const { loads } = harness
      await harness.read(() => 1, { hint, operation: JSON.stringify(hint) })
      return harness.loads === loads
    }
    const page = { key: 'front-page' }
    await isHit(page)
    expect(await isHit(page)).toBe(true)
    await harness.write(() => 1, { tables: ['films'] })
    expect(await isHit(page)).toBe(false)
    const bus = new EventEmitter<{ 'user.updated': [user: { id: number }] }>()
    listen(cache, bus)
    await isHit({ tags: ['user:5'] })
    bus.emit('user.updated', { id: 5 })
    expect(await isHit({ tags: ['user:5'] })).toBe(false)
    const console = { log: vi.fn<Console['log']>() }
    audit(cache, console)
    expect(console.log.mock.calls.map(([, origin, cause]) => `${origin} ${cause}`)).toEqual([
      'event user.updated',
      'write update',
    ])
  })
})
