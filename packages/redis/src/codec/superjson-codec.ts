import { SuperJSON } from 'superjson'
import type { BytesCodec } from './bytes-codec.ts'
import { Corrupt, decoding } from './corrupt.ts'
import { fromPortable } from './from-portable.ts'
import { MAX_DEPTH, toPortable } from './portable.ts'
import { encoding, Refused } from './refused.ts'
import { isPlainRecord } from './special-values.ts'

// An instance of its own: what an application registers with the shared one has no say here.
const superjson = new SuperJSON()

/** Of what superjson can say of a value, what our encoder lets it say. */
const ANNOTATIONS: ReadonlySet<unknown> = new Set(['undefined', 'bigint', 'Date', 'number'])

/** `fromPortable` is nested a little more than the value. */
const MAX_NESTING = MAX_DEPTH + 8

/** JSON with types beside it, by superjson: for those who read their Redis. */
export const superjsonCodec: BytesCodec = {
  name: 'superjson',
  version: 2,
  encode: (value, context) =>
    encoding(() => {
      const portable = toPortable(value, (bytes) => base64(bytes), context)
      const { json, meta } = superjson.serialize(portable)
      // It also notes which objects are one. They are not in a copy, and must not be in this one. Paths are no keys here: a
      // dot in one is written with a backslash, see `isHarmlessKey`.
      const text = JSON.stringify(
        meta?.values ? { json, notes: Object.entries(meta.values) } : { json },
      )
      const bytes = Buffer.from(text)
      if (bytes.length > context.maxBytes) throw new Refused('too-large')
      return bytes
    }),
  decode: (bytes, { valueTypes }) =>
    decoding(() => {
      const { buffer, byteOffset, byteLength } = bytes
      const text = Buffer.from(buffer, byteOffset, byteLength).toString()
      const parsed: unknown = JSON.parse(text)
      if (!isPlainRecord(parsed)) throw new Corrupt('no record around the value')
      const { json, notes, ...more } = parsed
      if (Object.keys(more).length > 0) throw new Corrupt('more beside the value than notes')
      checkNesting(json)
      const values = notes === undefined ? undefined : annotationsIn(notes)
      const portable: unknown = superjson.deserialize(
        { json: json as never, ...(values && { meta: { values: values as never, v: 1 } }) },
        // A copy would take `__proto__` for more than a key.
        { inPlace: true },
      )
      return fromPortable(portable, valueTypes)
    }),
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

/** What superjson has noted, by path: the list around the value has no annotation of its own. */
function annotationsIn(notes: unknown): Readonly<Record<string, unknown>> {
  if (!Array.isArray(notes) || notes.length === 0) throw new Corrupt('notes without paths')
  for (const note of notes as unknown[]) {
    const [path, annotation, ...more] = Array.isArray(note) ? (note as unknown[]) : []
    if (typeof path !== 'string' || more.length > 0) throw new Corrupt('a note of no path')
    if (!Array.isArray(annotation) || annotation.length !== 1 || !ANNOTATIONS.has(annotation[0])) {
      throw new Corrupt('an annotation that is not used here')
    }
    if (path.split('.').length > MAX_NESTING * 2) throw new Corrupt('a path that leads too deep')
  }
  return Object.fromEntries(notes as [string, unknown][])
}

/** The parser has no limit of its own, and others who walk the value have none either. */
function checkNesting(root: unknown): void {
  let level: unknown[] = [root]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_NESTING) throw new Corrupt('nested too deeply')
    const next: unknown[] = []
    for (const value of level) {
      for (const child of Object.values(value as object)) {
        if (typeof child === 'object' && child !== null) next.push(child)
      }
    }
    level = next
  }
}
