import { Corrupt } from './corrupt.ts'

/** Records that are known by a byte of their own: 0x40 to 0x7f. */
const FIRST_RECORD = 0x40
const RECORDS = 64

/** Deeper than anything that `toPortable` makes. */
const MAX_NESTING = 80

/**
 * Looks whether bytes are MessagePack of the kind that our encoder writes: before anything is allocated
 * every declared length fits into what follows, nothing is nested too deeply, and no extension is called
 * for but Dates, bigints, `undefined` and records. Decoders have more, of which regular expressions, errors
 * and cycles are examples, and grow new ones.
 *
 * It visits each value once and makes nothing.
 *
 * @throws Corrupt
 */
export function checkMsgpack(bytes: Uint8Array): void {
  const end = bytes.length
  /** How many values are still to come, at each level around the current one. */
  const outer = new Int32Array(MAX_NESTING)
  const fields = new Int32Array(RECORDS).fill(-1)
  let nesting = 0
  let left = 1
  let at = 0
  for (;;) {
    while (left === 0) {
      if (nesting === 0) {
        if (at !== end) throw new Corrupt('bytes after the value')
        return
      }
      nesting -= 1
      left = outer[nesting]!
    }
    if (at >= end) throw new Corrupt('the bytes end too early')
    left -= 1
    const token = bytes[at]!
    at += 1
    let children = 0
    // The most frequent first.
    if (token >= 0xa0 && token < 0xc0) {
      at += token - 0xa0
    } else if (token < FIRST_RECORD || token >= 0xe0) {
      continue
    } else if (token < 0x80) {
      children = fields[token - FIRST_RECORD]!
      if (children < 0) throw new Corrupt('a record of an unknown shape')
    } else if (token >= 0x90 && token < 0xa0) {
      children = token - 0x90
    } else {
      switch (token) {
        case 0xc0: // null
        case 0xc2: // false
        case 0xc3: // true
          continue
        case 0xcb: // a double
        case 0xcf: // an unsigned and a signed bigint
        case 0xd3:
          at += 8
          break
        case 0xcc: // whole numbers
        case 0xd0:
          at += 1
          break
        case 0xcd:
        case 0xd1:
          at += 2
          break
        case 0xce:
        case 0xd2:
          at += 4
          break
        case 0xd9: // text and bytes
        case 0xc4:
          at += 1 + uint(bytes, at, 1)
          break
        case 0xda:
        case 0xc5:
          at += 2 + uint(bytes, at, 2)
          break
        case 0xdb:
        case 0xc6:
          at += 4 + uint(bytes, at, 4)
          break
        case 0xdc: // lists
          children = uint(bytes, at, 2)
          at += 2
          break
        case 0xdd:
          children = uint(bytes, at, 4)
          at += 4
          break
        case 0xd4: // a record that says what its fields are, or `undefined`
          if (bytes[at] === 0x72) {
            const record = uint(bytes, at + 1, 1) - FIRST_RECORD
            if (record < 0 || record >= RECORDS) throw new Corrupt('a record of a strange number')
            ;[children, at] = checkFields(bytes, at + 2)
            fields[record] = children
          } else {
            checkType(bytes, at, 0x00)
            at += 2
          }
          break
        case 0xd6: // Dates
          checkType(bytes, at, 0xff)
          at += 5
          break
        case 0xd7:
          checkType(bytes, at, 0xff)
          at += 9
          break
        case 0xd8: // bigints of more than 64 bits
          checkType(bytes, at, 0x42)
          at += 17
          break
        case 0xc7: {
          const length = uint(bytes, at, 1)
          checkType(bytes, at + 1, length === 12 && bytes[at + 1] === 0xff ? 0xff : 0x42)
          at += 2 + length
          break
        }
        case 0xc8:
          checkType(bytes, at + 2, 0x42)
          at += 3 + uint(bytes, at, 2)
          break
        case 0xc9:
          checkType(bytes, at + 4, 0x42)
          at += 5 + uint(bytes, at, 4)
          break
        default:
          throw new Corrupt('a value of a kind that is not used here')
      }
    }
    if (at > end) throw new Corrupt('the bytes end too early')
    if (children === 0) continue
    // Each of them takes a byte at least.
    if (children > end - at) throw new Corrupt('a list that is longer than the bytes')
    if (nesting === MAX_NESTING) throw new Corrupt('nested too deeply')
    outer[nesting] = left
    nesting += 1
    left = children
  }
}

/** The names of a record's fields: a list of texts. */
function checkFields(bytes: Uint8Array, start: number): [count: number, at: number] {
  let at = start
  const token = uint(bytes, at, 1)
  at += 1
  let count = token - 0x90
  if (token === 0xdc) {
    count = uint(bytes, at, 2)
    at += 2
  } else if (token === 0xdd) {
    count = uint(bytes, at, 4)
    at += 4
  } else if (count < 0 || count > 15) {
    throw new Corrupt('a record without names')
  }
  if (count > bytes.length - at) throw new Corrupt('a record that is longer than the bytes')
  for (let field = 0; field < count; field += 1) {
    const token = uint(bytes, at, 1)
    at += 1
    if (token >= 0xa0 && token < 0xc0) at += token - 0xa0
    else if (token === 0xd9) at += 1 + uint(bytes, at, 1)
    else if (token === 0xda) at += 2 + uint(bytes, at, 2)
    else if (token === 0xdb) at += 4 + uint(bytes, at, 4)
    else throw new Corrupt('a name that is no text')
  }
  return [count, at]
}

function checkType(bytes: Uint8Array, at: number, type: number): void {
  if (bytes[at] !== type) throw new Corrupt('an extension that is not used here')
}

/** A number of so many bytes. */
function uint(bytes: Uint8Array, at: number, size: 1 | 2 | 4): number {
  if (at + size > bytes.length) throw new Corrupt('the bytes end too early')
  let value = 0
  for (let index = 0; index < size; index += 1) value = value * 256 + bytes[at + index]!
  return value
}
