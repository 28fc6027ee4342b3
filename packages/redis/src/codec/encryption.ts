import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomFillSync,
} from 'node:crypto'
import { checkKeys, checkName, invalidOption, TidemarkError } from '@tidemark/core'
import { Corrupt } from './corrupt.ts'

/** A key that entries are encrypted with. */
export interface EncryptionKey {
  /** Stands in every entry, readable: a name or a date, up to 32 characters. */
  readonly id: string
  /**
   * 32 random bytes, or the same as base64 or hexadecimal text: what `openssl rand -base64 32` prints. A password
   * is not a key.
   */
  readonly key: Uint8Array | string
}

export interface EncryptionOptions {
  /**
   * The first encrypts, all of them decrypt. To change the key, put the new one second everywhere, then first
   * everywhere, and leave the old one out when the longest time to live has passed. An entry of an unknown key
   * is a miss.
   */
  readonly keys: readonly EncryptionKey[]
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
/** What encryption adds to what it encrypts. */
const OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES

const MAX_ID_LENGTH = 32

interface Key {
  readonly id: string
  readonly secret: KeyObject
}

/**
 * AES-256-GCM: nobody without a key reads an entry, changes one, or makes one. Each has a random nonce of 96
 * bits, by which one key is good for about four billion entries (NIST SP 800-38D, 8.3): change it in time.
 */
export class Encryption {
  readonly #keys: readonly [Key, ...Key[]]

  /** @throws TidemarkError `INVALID_OPTION` */
  constructor(options: EncryptionOptions) {
    this.#keys = resolveKeys(options)
  }

  /** Which key `encrypt` uses. */
  get keyId(): string {
    return this.#keys[0].id
  }

  knows(keyId: string): boolean {
    return this.#keys.some(({ id }) => id === keyId)
  }

  /** @param context what must be the same when it is decrypted, and is not encrypted */
  encrypt(plain: readonly Uint8Array[], context: Uint8Array): Uint8Array[] {
    const nonce = randomNonce()
    const cipher = createCipheriv('aes-256-gcm', this.#keys[0].secret, nonce)
    cipher.setAAD(context)
    const encrypted = plain.map((part) => cipher.update(part))
    encrypted.push(cipher.final())
    return [nonce, cipher.getAuthTag(), ...encrypted]
  }

  /** @throws Corrupt, or an error of OpenSSL where it was made with another key or context, or changed since */
  decrypt(keyId: string, bytes: Uint8Array, context: Uint8Array): Uint8Array {
    const key = this.#keys.find(({ id }) => id === keyId)
    if (!key || bytes.length < OVERHEAD_BYTES) throw new Corrupt('nothing that could be decrypted')
    const nonce = bytes.subarray(0, NONCE_BYTES)
    const decipher = createDecipheriv('aes-256-gcm', key.secret, nonce)
    decipher.setAAD(context)
    decipher.setAuthTag(bytes.subarray(NONCE_BYTES, OVERHEAD_BYTES))
    const plain = decipher.update(bytes.subarray(OVERHEAD_BYTES))
    // Throws unless all of it is as it was made. What came before must not be looked at until then.
    const rest = decipher.final()
    return rest.length === 0 ? plain : Buffer.concat([plain, rest])
  }
}

/** Drawn in bulk: one call fills many. */
function randomNonce(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += NONCE_BYTES
  return pool.slice(used - NONCE_BYTES, used)
}

const pool = new Uint8Array(NONCE_BYTES * 256)
let used = pool.length

/** @throws TidemarkError `INVALID_OPTION` */
function resolveKeys(options: EncryptionOptions): [Key, ...Key[]] {
  checkKeys('encryption', options, ['keys'])
  const { keys } = options
  if (!Array.isArray(keys) || keys.length === 0) {
    throw invalidOption('encryption.keys', 'a list of at least one { id, key }', keys)
  }
  const resolved = keys.map((key: EncryptionKey, index) => resolveKey(`keys[${index}]`, key))
  for (const [index, { id }] of resolved.entries()) {
    if (resolved.findIndex((other) => other.id === id) !== index) {
      throw new TidemarkError(
        'INVALID_OPTION',
        `encryption.keys: expected an id of its own for each key, got ${JSON.stringify(id)} twice. ` +
          'Entries name their key by it',
      )
    }
  }
  return resolved as [Key, ...Key[]]
}

function resolveKey(place: string, value: EncryptionKey): Key {
  const name = `encryption.${place}`
  checkKeys(name, value, ['id', 'key'], 'an object with id and key')
  const { id, key } = value
  checkName(`${name}.id`, id)
  if (!/^[\x20-\x7e]+$/.test(id) || id.length > MAX_ID_LENGTH) {
    throw invalidOption(`${name}.id`, `up to ${MAX_ID_LENGTH} characters of ASCII`, id)
  }
  const secret = hkdfSync('sha256', keyBytes(`${name}.key`, key), '', ENTRIES, KEY_BYTES)
  return { id, secret: createSecretKey(new Uint8Array(secret)) }
}

/** One key serves one purpose: this one is derived for entries. */
const ENTRIES = 'tidemark redis entries 1'

/**
 * 32 bytes, given as such or as text. An error never shows what was given.
 *
 * @throws TidemarkError `INVALID_OPTION`
 */
export function keyBytes(name: string, value: unknown): Uint8Array {
  const bytes = typeof value === 'string' ? bytesOfText(value) : value
  if (bytes instanceof Uint8Array && bytes.length === KEY_BYTES) return bytes
  throw new TidemarkError(
    'INVALID_OPTION',
    `${name}: expected ${KEY_BYTES} bytes, or them as base64 or hexadecimal text ` +
      `(openssl rand -base64 32), got ${describe(value, bytes)}`,
  )
}

function bytesOfText(text: string): Uint8Array | undefined {
  if (/^[\da-f]{64}$/i.test(text)) return Buffer.from(text, 'hex')
  if (/^[\w+/-]*={0,2}$/.test(text)) return Buffer.from(text, 'base64')
  return undefined
}

function describe(value: unknown, bytes: unknown): string {
  if (bytes instanceof Uint8Array) return `${bytes.length} bytes`
  return typeof value === 'string'
    ? `text of ${value.length} characters that is neither`
    : `a value of type ${value === null ? 'null' : typeof value}`
}
