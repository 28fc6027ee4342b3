// Whoever imports this entry point turns the native addon on for the whole process, ours included.
import { isNativeAccelerationEnabled } from 'msgpackr'
import { msgpackCodec } from '@tidemark/redis'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { exactly } from '../../support/exactly.ts'
import { anyValue, decimalType } from './values.ts'

const context = { valueTypes: [decimalType], maxBytes: 10_000_000 }

it(`decodes the same beside an application that uses msgpackr itself (addon: ${isNativeAccelerationEnabled})`, () => {
  fc.assert(
    fc.property(anyValue, fc.nat(), (value, where) => {
      const encoding = msgpackCodec.encode(value, context)
      if (encoding.state === 'refused') return
      const decoding = msgpackCodec.decode(encoding.bytes, context)
      expect(decoding.state).toBe('decoded')
      expect(exactly((decoding as { value: unknown }).value)).toBe(exactly(value))
      const cut = encoding.bytes.subarray(0, where % encoding.bytes.length)
      expect(msgpackCodec.decode(cut, context).state).toBe('corrupt')
    }),
    { numRuns: 2000 },
  )
})
