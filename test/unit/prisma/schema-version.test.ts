import { describe, expect, it } from 'vitest'
import { schemaVersionOf } from '../../../packages/prisma/src/schema-version.ts'

const schema = `
generator client {
  provider = "prisma-client"
  output   = "../generated"
}

datasource db { provider = "postgresql" }

/// Of the demo.
model Film {
  id    Int    @id // the key
  title String @default("// no comment {")
}
`
const models = { Film: { fields: [], dbName: 'films' } } as never
const version = (text: string, of = models) => schemaVersionOf({ schema: text, models: of })

describe('the version of a schema', () => {
  it('is the same whatever says nothing of rows', () => {
    const same = [
      schema.replace('../generated', 'src/db'),
      schema.replace('postgresql', 'sqlite'),
      schema.replace('// the key', '/* of it */'),
      schema.replace('/// Of the demo.', ''),
      schema.replaceAll('\n', '\r\n'),
      schema.replaceAll('    ', ' '),
    ]
    for (const each of same) expect(version(each)).toBe(version(schema))
    expect(version(schema)).toMatch(/^[\w-]{12}$/)
  })

  it('is another for another field, type, default or model', () => {
    const others = [
      schema.replace('title', 'name'),
      schema.replace('String', 'Int'),
      schema.replace('// no comment', '// another'),
      schema.replace('Int ', 'Int?'),
      `${schema} model Genre { id Int @id }`,
      '',
    ]
    const all = [schema, ...others].map((each) => version(each))
    expect(new Set(all).size).toBe(all.length)
    expect(version(schema, {} as never)).not.toBe(version(schema))
  })
})
