import { createHmac, createSecretKey, hash, hkdfSync, type KeyObject } from 'node:crypto'
import { keyBytes } from './encryption.ts'

const NAMES = 'tidemark redis names 1'

/**
 * Short names for keys of any length, from which the key cannot be read.
 *
 * Without a secret it is SHA-256: whoever guesses a key can see whether it is there. With one it is
 * HMAC-SHA-256, and only who has the secret can.
 *
 * The secret is part of where things are. Processes that differ in it do not see each other's entries, and,
 * where marks are named by it as well, **not each other's writes**. So it must be one for all processes of a
 * namespace at any time, and does not change with the encryption keys.
 */
export class HashedNames {
  readonly #secret: KeyObject | undefined

  /**
   * @param secret 32 bytes, or them as base64 or hexadecimal text
   * @throws TidemarkError `INVALID_OPTION`
   */
  constructor(secret?: Uint8Array | string) {
    if (secret === undefined) return
    const derived = hkdfSync('sha256', keyBytes('nameSecret', secret), '', NAMES, 32)
    this.#secret = createSecretKey(new Uint8Array(derived))
  }

  /** 43 characters of base64url. */
  of(key: string): string {
    return this.#secret
      ? createHmac('sha256', this.#secret).update(key).digest('base64url')
      : hash('sha256', key, 'base64url')
  }
}
