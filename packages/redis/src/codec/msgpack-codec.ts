// This entry point leaves the native addon alone that the main one looks for.
import { Packr } from 'msgpackr/pack'
import type { BytesCodec } from './bytes-codec.ts'
import { decoding } from './corrupt.ts'
import { fromPortable } from './from-portable.ts'
import { checkMsgpack } from './msgpack-guard.ts'
import { toPortable } from './portable.ts'
import { encoding, Refused } from './refused.ts'

const packr = new Packr({
  // Names of columns once for all rows of a result; nothing is shared between results.
  useRecords: true,
  useBigIntExtension: true,
  // What it decodes must not share memory with what came from the network.
  copyBuffers: true,
})

/** MessagePack with records, by msgpackr: compact, and the fastest to read. */
export const msgpackCodec: BytesCodec = {
  name: 'msgpack',
  version: 1,
  encode: (value, context) =>
    encoding(() => {
      const bytes = packr.pack(toPortable(value, (bytes) => bytes, context))
      if (bytes.length > context.maxBytes) throw new Refused('too-large')
      return bytes
    }),
  decode: (bytes, { valueTypes }) =>
    decoding(() => {
      checkMsgpack(bytes)
      // Not as a Buffer, or what it cuts out would be Buffers as well.
      const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      return fromPortable(packr.unpack(plain), valueTypes)
    }),
}
