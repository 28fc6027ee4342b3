import {
  Decimal,
  isAnyNull,
  isDbNull,
  isJsonNull,
  type ObjectEnumValue,
  skip,
} from '@prisma/client/runtime/client'
import type { ValueType } from '@tidemark/core'

/** The classes of values that Prisma takes and returns beyond the language's own. */
export const prismaValueTypes: readonly ValueType[] = [
  {
    name: 'Prisma.Decimal',
    // True for the Decimal of any copy of the runtime.
    matches: (value): value is Decimal => Decimal.isDecimal(value),
    // Of the value's own class: that is what `instanceof` of its owner expects. It keeps every digit.
    copy: (value) => new (value.constructor as typeof Decimal)(value),
    encode: (value) => value.valueOf(),
    decode: (text) => new Decimal(text),
  } satisfies ValueType<Decimal>,
  // `Prisma.DbNull`, `Prisma.JsonNull` and `Prisma.AnyNull`: three different questions, alike as JSON.
  {
    name: 'Prisma.Null',
    matches: (value): value is ObjectEnumValue =>
      isDbNull(value) || isJsonNull(value) || isAnyNull(value),
    copy: (value) => value,
    encode: (value) => value._getName(),
  } satisfies ValueType<ObjectEnumValue>,
  // `prisma.film.fields.budget`, to compare one column with another.
  {
    name: 'Prisma.FieldRef',
    matches: isFieldReference,
    copy: (value) => value,
    encode: ({ modelName, name }) => `${modelName}.${name}`,
  } satisfies ValueType<FieldReference>,
  {
    name: 'Prisma.skip',
    matches: (value): value is object => value === skip,
    copy: (value) => value,
    encode: () => '',
  } satisfies ValueType,
]

interface FieldReference {
  readonly modelName: string
  readonly name: string
}

/** Its class is not exported. */
function isFieldReference(value: object): value is FieldReference {
  const { modelName, name, typeName } = value as Record<string, unknown>
  return [modelName, name, typeName].every((part) => typeof part === 'string')
}
