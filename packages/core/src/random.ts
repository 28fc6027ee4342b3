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
const view = new DataView(pool.buffer)
let used = POOL_BYTES

/** Drawn from the platform's cryptographic generator, in bulk: one call fills 256 tokens. */
export const systemRandom: Random = {
  fraction: () => view.getUint32(take(4)) / 2 ** 32,
  token() {
    const from = take(TOKEN_BYTES)
    let token = ''
    for (let at = from; at < from + TOKEN_BYTES; at += 1) token += HEX[pool[at]!]
    return token
  },
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Where in the pool so many bytes are that nobody has had. */
function take(count: number): number {
  if (used + count > POOL_BYTES) {
    crypto.getRandomValues(pool)
    used = 0
  }
  used += count
  return used - count
}
