import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { KeptResult } from '@tidemark/core'
import { EntryCodec, msgpackCodec } from '@tidemark/redis'
import { expect, it } from 'vitest'
import { readEntry } from '../../../packages/redis/src/stored-entry.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const codec = new EntryCodec({
  ...{ codec: msgpackCodec, valueTypes: [], maxBytes: 10_000, compressAbove: Infinity },
})
const [name, key, value] = ['tidemark:{0}:v:x', 'select 1', [{ id: 1 }]]

/** What is kept of an entry that came amid a lot of other bytes, and whether those are still there. */
function keep(): { readonly kept: KeptResult; readonly came: WeakRef<ArrayBuffer> } {
  const facts = { tokens: ['t'], tags: [], createdAt: 0, ttlMs: 1000, keepMs: 1000, loadMs: 1 }
  const sealed = codec.seal(name, key, facts, value)
  if (sealed.state === 'refused') throw new Error(sealed.reason)
  const chunk = Buffer.alloc(64 * 1024)
  sealed.bytes.copy(chunk, 100)
  const bytes = chunk.subarray(100, 100 + sealed.bytes.length)
  const entry = readEntry(codec, name, key, bytes, 500)
  if (typeof entry !== 'object') throw new Error('expected an entry')
  expect(entry.decode()).toEqual(value)
  return { kept: entry.keep!(), came: new WeakRef(chunk.buffer) }
}

it('keeps of what came no more than the entry', async () => {
  const { kept, came } = keep()
  // msgpackr holds on to what it has read last.
  expect(kept.decode()).toEqual(value)
  await setImmediate()
  collectGarbage()
  expect(came.deref() === undefined).toBe(true)
  expect(kept.bytes).toBeLessThan(200)
  expect(kept.decode()).toEqual(value)
})
