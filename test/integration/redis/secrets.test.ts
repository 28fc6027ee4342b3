import { randomBytes } from 'node:crypto'
import { createTidemark } from '@tidemark/core'
import { redisTier, type RedisTierOptions } from '@tidemark/redis'
import { describe, expect, it, vi } from 'vitest'
import { openRedis } from '../../support/redis.ts'
import { Harness } from '../../unit/core/harness.ts'

const nameSecret = randomBytes(32)
const encryption = { keys: [{ id: 'a', key: randomBytes(32) }] }

/** Every name and value of the namespace, after one read of `payroll` under a tag and one write. */
async function written(options: RedisTierOptions): Promise<string> {
  await using redis = openRedis()
  const { client, namespace } = redis
  await using cache = createTidemark({ namespace, shared: redisTier(client, options) })
  const harness = new Harness({ cache })
  const hint = { tags: ['vip-of-alice'] }
  await harness.write(() => undefined, { tables: ['payroll'], hint })
  await harness.read(() => ['the-value'], { tables: ['payroll'], operation: 'the-query', hint })
  const keys = await vi.waitFor(async () => {
    const found = await client.keys(`${namespace}:*`)
    // An entry, and the marks of everything, the table and the tag.
    expect(found.length).toBe(4)
    return found
  })
  const values = await Promise.all(keys.map((key) => client.getBuffer(key)))
  return [...keys, ...values.map((value) => value!.toString('latin1'))].join('\n')
}

describe('what can be read in Redis', () => {
  it('is all of it where nothing is hidden', async () => {
    const text = await written({})
    for (const word of ['payroll', 'vip-of-alice', 'the-query', 'the-value']) {
      expect(text).toContain(word)
    }
  })

  it('is no mark of a table or tag where names are hidden, and still what an entry says of its query', async () => {
    const text = await written({ nameSecret })
    expect(text).not.toMatch(/m:(table|custom):/)
    expect(text).not.toContain('"table:payroll"')
    expect(text).not.toContain('"custom:vip-of-alice"')
    for (const word of ['the-query', 'the-value']) expect(text).toContain(word)
  })

  it('is nothing where entries are encrypted', async () => {
    const text = await written({ nameSecret, encryption })
    for (const word of ['payroll', 'vip-of-alice', 'the-query', 'the-value', 'custom:']) {
      expect(text).not.toContain(word)
    }
  })
})
