import { createHash } from 'node:crypto'
import { Encryption, HashedNames } from '@tidemark/redis'
import { describe, expect, it } from 'vitest'

const bytes = new Uint8Array(32).fill(7)
const base64 = Buffer.from(bytes).toString('base64')
const hex = Buffer.from(bytes).toString('hex')

describe('encryption keys', () => {
  it.each([
    [undefined, 'encryption: expected an object, got undefined'],
    [{}, 'encryption.keys: expected a list of at least one { id, key }, got undefined'],
    [
      { keys: [] },
      'encryption.keys: expected a list of at least one { id, key }, got an array of 0',
    ],
    [{ key: bytes }, 'encryption: unknown option "key", expected one of keys'],
    [{ keys: [bytes] }, 'encryption.keys[0]: unknown option "0", expected one of id, key'],
    [
      { keys: [{ key: bytes }] },
      'encryption.keys[0].id: expected a string that is not empty, got undefined',
    ],
    [
      { keys: [{ id: 'é', key: bytes }] },
      'encryption.keys[0].id: expected up to 32 characters of ASCII, got "é"',
    ],
    [
      { keys: [{ id: 'a', key: bytes.subarray(1) }] },
      'encryption.keys[0].key: expected 32 bytes, or them as base64 or hexadecimal text (openssl rand -base64 32), got 31 bytes',
    ],
    [{ keys: [{ id: 'a', key: 'correct horse' }] }, 'got text of 13 characters that is neither'],
    [{ keys: [{ id: 'a', key: base64.slice(4) }] }, 'got 29 bytes'],
    [{ keys: [{ id: 'a', key: 5 }] }, 'got a value of type number'],
    [
      {
        keys: [
          { id: 'a', key: bytes },
          { id: 'a', key: hex },
        ],
      },
      'encryption.keys: expected an id of its own for each key, got "a" twice',
    ],
  ])('are refused with a reason: %j', (options, message) => {
    expect(() => new Encryption(options as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_OPTION',
        message: expect.stringContaining(message) as string,
      }) as Error,
    )
  })

  it('are never shown in an error', () => {
    for (const key of ['s3cret', `${hex}00`, base64.slice(1)]) {
      expect(() => new Encryption({ keys: [{ id: 'a', key }] })).toThrow(
        expect.not.objectContaining({ message: expect.stringContaining(key) as string }) as Error,
      )
    }
  })

  it('are the same as bytes, as base64 and as hexadecimal text', () => {
    const [a, ...others] = [bytes, base64, hex, hex.toUpperCase(), base64.replace('=', '')].map(
      (key) => new Encryption({ keys: [{ id: 'a', key }] }),
    )
    const context = Buffer.from('context')
    for (const other of others) {
      const encrypted = Buffer.concat(a!.encrypt([Buffer.from('plain')], context))
      expect(Buffer.from(other.decrypt('a', encrypted, context)).toString()).toBe('plain')
    }
  })
})

describe('hashed names', () => {
  it('are SHA-256 of the key without a secret', () => {
    expect(new HashedNames().of('key é')).toBe(
      createHash('sha256').update('key é').digest('base64url'),
    )
  })

  it('differ by key, and by secret', () => {
    const other = new Uint8Array(32).fill(8)
    const names = [undefined, bytes, other].flatMap((secret) =>
      ['a', 'b'].map((key) => new HashedNames(secret).of(key)),
    )
    expect(new Set(names).size).toBe(6)
    for (const name of names) expect(name).toMatch(/^[\w-]{43}$/)
  })

  it('are the same for the same secret, however it is given', () => {
    expect(new HashedNames(base64).of('key')).toBe(new HashedNames(bytes).of('key'))
  })

  it('refuse a secret that is none', () => {
    expect(() => new HashedNames('password')).toThrow(
      'nameSecret: expected 32 bytes, or them as base64 or hexadecimal text (openssl rand -base64 32), got 6 bytes',
    )
  })
})
