import type { CacheKey, KeyMaterial } from './cache-key.ts'

/** What a key says, for people. */
export interface KeyParts extends Omit<KeyMaterial, 'parameters' | 'areCopies'> {
  /**
   * As far as they can be shown: a value of a class beyond the language's own is text, such as `Decimal(1.50)`, and bytes
   * are in hexadecimal. Undefined where the text is not of the form that keys have.
   */
  readonly parameters: unknown
  /** Which version of the schema its rows are of, where one was given or is known. */
  readonly schemaVersion?: string
}

/** Reads a key back, see `cacheKey`. Undefined for text that is none. */
export function keyParts(key: CacheKey | string): KeyParts | undefined {
  const reader = new Reader(key)
  try {
    const adapter = reader.sized()
    const [ofClient, database] = withoutVersion(reader.sized())
    const partition = reader.sized()
    // The rest is what it depends on by a hint, which its entry says in full.
    const [given] = withoutVersion(reader.sized())
    const operation = reader.sized()
    const parameters = reader.value()
    if (!reader.isAtEnd) return undefined
    const schemaVersion = given ?? ofClient
    return {
      ...{ adapter, database: database.replace(/^named /, ''), partition, operation, parameters },
      ...(schemaVersion !== undefined && { schemaVersion }),
    }
  } catch {
    return undefined
  }
}

/** The two parts of what `versioned` makes. */
function withoutVersion(part: string): [string | undefined, string] {
  if (!part.startsWith('v')) return [undefined, part]
  const reader = new Reader(part.slice(1))
  const version = reader.sized()
  return [version, reader.rest]
}

/** Reads what canonical-encoding.ts writes. */
class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length
  }

  get rest(): string {
    return this.#text.slice(this.#at)
  }

  sized(): string {
    const length = this.#count()
    const text = this.#text.slice(this.#at, this.#at + length)
    if (text.length !== length) throw new Error('it ends too early')
    this.#at += length
    return text
  }

  value(): unknown {
    const letter = this.#text[this.#at]
    this.#at += 1
    switch (letter) {
      case 's':
        return this.sized()
      case 'd':
        return Number(this.#until(';'))
      case 'i':
        return BigInt(this.#until(';'))
      case 't':
        return true
      case 'f':
        return false
      case 'u':
        return undefined
      case 'n':
        return null
      case 'D':
        return new Date(Number(this.#until(';')))
      case '[':
        return this.#times(this.#count(), () => this.value())
      case '{':
        return Object.fromEntries(this.#times(this.#count(), () => [this.sized(), this.value()]))
      case 'x':
      case 'B':
        return `${this.sized()}(${this.sized()})`
      default:
        throw new Error('no type of a value')
    }
  }

  /** Makes no room for what may not be there: lists within lists may say anything of how long they are. */
  #times<T>(count: number, read: () => T): T[] {
    const values: T[] = []
    for (let time = 0; time < count; time += 1) values.push(read())
    return values
  }

  #count(): number {
    const digits = this.#until(':')
    // No text has more parts than characters.
    if (!/^\d+$/.test(digits) || Number(digits) > this.#text.length) throw new Error('no count')
    return Number(digits)
  }

  #until(end: string): string {
    const at = this.#text.indexOf(end, this.#at)
    if (at < 0) throw new Error('it ends too early')
    const text = this.#text.slice(this.#at, at)
    this.#at = at + 1
    return text
  }
}
