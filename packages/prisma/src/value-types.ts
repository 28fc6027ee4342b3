import {
  Decimal,
  isObjectEnumValue,
  type ObjectEnumValue,
  skip,
} from '@prisma/client/runtime/client'
import type { ValueType } from '@tidemark/core'

/** The classes of values that Prisma takes and returns beyond the language's own. */
export const prismaValueTypes: readonly ValueType[] = [
  valueType<Decimal>({
    name: 'Prisma.Decimal',
    // True for the Decimal of any copy of the runtime.
    matches: (value): value is Decimal => Decimal.isDecimal(value),
    // Of the value's own class: that is what `instanceof` of its owner expects. It keeps every digit.
    copy: (value) => new (value.constructor as typeof Decimal)(value),
    encode: (value) => value.valueOf(),
  }),
  // `Prisma.DbNull`, `Prisma.JsonNull` and `Prisma.AnyNull`: three different questions, alike as JSON.
  valueType<ObjectEnumValue>({
    name: 'Prisma.Null',
    matches: (value): value is ObjectEnumValue => isObjectEnumValue(value),
    copy: (value) => value,
    encode: (value) => value._getName(),
  }),
  // `prisma.film.fields.budget`, to compare one column with another.
  valueType<FieldReference>({
    name: 'Prisma.FieldRef',
    matches: isFieldReference,
    copy: (value) => value,
    encode: ({ modelName, name }) => `${modelName}.${name}`,
  }),
  valueType<object>({
    name: 'Prisma.skip',
    matches: (value): value is object => value === skip,
    copy: (value) => value,
    encode: () => '',
  }),
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

/** Narrows once, so that each type above is checked against its own class. */
function valueType<T extends object>(type: ValueType<T>): ValueType {
  return type as unknown as ValueType
}
