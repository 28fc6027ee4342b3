import { describe, expect, it, vi } from 'vitest'
import { Harness } from '../unit/core/harness.ts'
import { inspect, invalidateAll } from './snippets/administration.ts'
import { runnableSnippet, shownSnippets } from './snippets.ts'

describe('the page on administration', async () => {
  const shown = await shownSnippets('docs/administration.md')

  it('shows invalidation and inspection', () => {
    expect(shown.map(({ name }) => name)).toEqual(['invalidate', 'inspect'])
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
    expect(await invalidateAll(harness.cache)).toBe(1)
    expect((await harness.cache.keysByTag('user:7:orders')).keys.length).toBe(1)
    await harness.read(() => 2, { tables: ['films'], operation: 'select 1', hint })
    expect(harness.loads).toBe(2)
  })
})
