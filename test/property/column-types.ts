import type { Genes } from './genes.ts'

export type Dialect = 'postgres' | 'mysql' | 'sqlite'

export interface TypeSketch {
  /** How SQL names it; where a database is missing it has no such type. */
  readonly sql: Readonly<Partial<Record<Dialect, string>>>
  readonly prisma: string
  /** Prisma's attribute, where the default of its type is another. */
  readonly attribute?: Readonly<Partial<Record<Dialect, string>>>
  /** Few, so that steps meet. */
  readonly values: readonly unknown[]
  /** Rows can be grouped by it and have a first and a last that no two values share. */
  readonly isOrdered: boolean
}

const day = (text: string) => new Date(`${text}T00:00:00.000Z`)

export const enumValues: Readonly<Record<string, string>> = {
  Red: 'red',
  LightBlue: 'light blue',
  Green: 'Green',
}

export const columnTypes = {
  int: {
    sql: { postgres: 'integer', mysql: 'int', sqlite: 'integer' },
    prisma: 'Int',
    values: [1, 2, 3, 0, -7],
    isOrdered: true,
  },
  text: {
    sql: { postgres: 'text', mysql: 'varchar(191) collate utf8mb4_bin', sqlite: 'text' },
    prisma: 'String',
    values: ['a', 'b', 'A', `it's`, '', 'grüße', '1'],
    isOrdered: true,
  },
  bigint: {
    sql: { postgres: 'bigint', mysql: 'bigint', sqlite: 'bigint' },
    prisma: 'BigInt',
    values: [1n, 2n, 9007199254740993n, -1n],
    isOrdered: true,
  },
  boolean: {
    sql: { postgres: 'boolean', mysql: 'tinyint(1)', sqlite: 'boolean' },
    prisma: 'Boolean',
    values: [true, false],
    // PostgreSQL has no maximum of booleans.
    isOrdered: false,
  },
  decimal: {
    sql: { postgres: 'numeric(12,3)', mysql: 'decimal(12,3)', sqlite: 'decimal' },
    prisma: 'Decimal',
    attribute: { postgres: '@db.Decimal(12, 3)', mysql: '@db.Decimal(12, 3)' },
    values: ['0', '1.5', '-2.25', '123456.125'],
    isOrdered: true,
  },
  float: {
    sql: { postgres: 'double precision', mysql: 'double', sqlite: 'real' },
    prisma: 'Float',
    values: [0, 0.1, -1.5, 1e21],
    isOrdered: true,
  },
  timestamp: {
    sql: { postgres: 'timestamptz(3)', mysql: 'datetime(3)', sqlite: 'datetime' },
    prisma: 'DateTime',
    attribute: { postgres: '@db.Timestamptz(3)' },
    values: [new Date('2001-02-03T04:05:06.007Z'), day('1999-12-31'), day('2020-02-29')],
    isOrdered: true,
  },
  date: {
    sql: { postgres: 'date', mysql: 'date' },
    prisma: 'DateTime',
    attribute: { postgres: '@db.Date', mysql: '@db.Date' },
    values: [day('1999-12-31'), day('2020-02-29')],
    isOrdered: true,
  },
  json: {
    sql: { postgres: 'jsonb', mysql: 'json', sqlite: 'jsonb' },
    prisma: 'Json',
    // Among the fields are words of Prisma and of a codec.
    values: [{ a: [1, { b: null }] }, [], 'text', -0.5, { create: { is: 1 }, $type: 'Json' }],
    isOrdered: false,
  },
  bytes: {
    sql: { postgres: 'bytea', mysql: 'longblob', sqlite: 'blob' },
    prisma: 'Bytes',
    values: [new Uint8Array([1, 2, 255]), new Uint8Array(), new Uint8Array([0])],
    isOrdered: false,
  },
  enum: {
    sql: {
      postgres: 'colour',
      mysql: `enum('red', 'light blue', 'Green')`,
      sqlite: 'text',
    },
    prisma: 'Colour',
    values: Object.values(enumValues),
    isOrdered: false,
  },
  uuid: {
    sql: { postgres: 'uuid', mysql: 'char(36) collate utf8mb4_bin', sqlite: 'text' },
    prisma: 'String',
    attribute: { postgres: '@db.Uuid', mysql: '@db.Char(36)' },
    values: ['a', 'b', 'c'].map((c) => `${c}0000000-0000-4000-8000-000000000001`),
    // PostgreSQL before 18 has no maximum of them.
    isOrdered: false,
  },
  /** Text that is equal to other text. */
  nocase: {
    sql: {
      postgres: 'text collate nocase',
      mysql: 'varchar(191) collate utf8mb4_unicode_ci',
      sqlite: 'text collate nocase',
    },
    prisma: 'String',
    values: ['a', 'A', 'b', 'B'],
    isOrdered: false,
  },
  texts: {
    sql: { postgres: 'text[]' },
    prisma: 'String[]',
    values: [[], ['a'], ['b', `x"y`], ['', 'NULL']],
    isOrdered: false,
  },
  ints: {
    sql: { postgres: 'integer[]' },
    prisma: 'Int[]',
    values: [[], [1], [2, 3]],
    isOrdered: false,
  },
} as const satisfies Readonly<Record<string, TypeSketch>>

export type ColumnType = keyof typeof columnTypes

/** What a primary key may be made of. */
export const keyTypes: readonly ColumnType[] = ['int', 'int', 'text', 'bigint', 'uuid']

export function sketchOf(type: ColumnType): TypeSketch {
  return columnTypes[type]
}

export function typesOf(dialect: Dialect): readonly ColumnType[] {
  return (Object.keys(columnTypes) as ColumnType[]).filter(
    (type) => sketchOf(type).sql[dialect] !== undefined,
  )
}

export function valueOf(genes: Genes, type: ColumnType): unknown {
  return genes.pick(sketchOf(type).values)
}

/** A value as the drivers that Kysely uses want it. */
export function toParameter(dialect: Dialect, type: ColumnType, value: unknown): unknown {
  if (value === null || value === undefined) return value
  if (type === 'json') return JSON.stringify(value)
  if (type === 'date') return (value as Date).toISOString().slice(0, 10)
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (dialect !== 'sqlite') return value
  // As Prisma's adapter writes it.
  if (value instanceof Date) return value.toISOString().replace('Z', '+00:00')
  return typeof value === 'boolean' ? Number(value) : value
}
