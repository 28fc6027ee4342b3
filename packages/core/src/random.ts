/** The chance that the engine goes by; injected, so that tests can replay a run. */
export interface Random {
  /** A number in [0, 1), for jitter. */
  fraction(): number
  /** 96 random bits as 24 hexadecimal characters: a value that never comes again. */
  token(): string
}

const TOKEN_BYTES = 12
const POOL_BYTES = TOKEN_BYTES * 256

const pool = new Uint8Array(POOL_BYTES)
let used = POOL_BYTES

/** Drawn from the platform's cryptographic generator, in bulk: one call fills 256 tokens. */
export const systemRandom: Random = {
  fraction() {
    const bytes = take(4)
    return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0) / 2 ** 32
  },
  token() {
    let token = ''
    for (const byte of take(TOKEN_BYTES)) token += HEX[byte]
    return token
  },
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

function take(count: number): Uint8Array {
  if (used + count > POOL_BYTES) {
    crypto.getRandomValues(pool)
    used = 0
  }
  used += count
  return pool.subarray(used - count, used)
}
