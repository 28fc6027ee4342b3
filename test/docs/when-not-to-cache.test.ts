import { expect, it } from 'vitest'
import { Harness } from '../unit/core/harness.ts'
import { tellWorth } from './snippets/worth-it.ts'

it('the code that says what caching gains runs', async () => {
  const harness = new Harness()
  const load = () => {
    harness.clock.advance(20)
    return 1
  }
  for (let time = 0; time < 4; time += 1) await harness.read(load)
  const lines: unknown[] = []
  tellWorth(harness.cache, { log: (line) => lines.push(line) })
  expect(lines).toMatchObject([
    { share: 0.75, gainedMs: 60, hits: { memory: 3 }, misses: { absent: 1 } },
  ])
  await harness.cache.close()
})
