import { type Dialect, enumValues, sketchOf } from './column-types.ts'
import { type Column, columnOf, type Reference, type Schema, type Table } from './random-schema.ts'

const providers: Readonly<Record<Dialect, string>> = {
  postgres: 'postgresql',
  mysql: 'mysql',
  sqlite: 'sqlite',
}

/** The Prisma schema of a random schema. What Prisma does not know, views and triggers, is not in it. */
export function prismaSchemaOf(schema: Schema): string {
  const values = Object.entries(enumValues).map(([name, value]) => `  ${name} @map("${value}")`)
  return `generator client {
  provider               = "prisma-client"
  output                 = "client"
  runtime                = "nodejs"
  moduleFormat           = "esm"
  generatedFileExtension = "ts"
  importFileExtension    = "ts"
}

datasource db {
  provider = "${providers[schema.dialect]}"
}

enum Colour {
${values.join('\n')}

  @@map("colour")
}

${schema.tables.map((table) => modelOf(schema, table)).join('\n\n')}
`
}

function modelOf(schema: Schema, table: Table): string {
  const fields = (key: readonly string[]) =>
    `[${key.map((name) => columnOf(table, name).field).join(', ')}]`
  const uniques = [
    ...table.uniques,
    ...table.references.filter(({ isUnique }) => isUnique).map(({ columns }) => columns),
  ]
  const lines = [
    ...table.columns.map((column) => scalarOf(schema.dialect, column)),
    ...table.references.map((reference) => relationOf(schema, table, reference)),
    ...backsOf(schema, table),
    ...joinsOf(schema, table),
    `@@id(${fields(table.primaryKey)})`,
    ...uniques.map((key) => `@@unique(${fields(key)})`),
    `@@map("${table.name}")`,
  ]
  return `model ${table.model} {\n${lines.map((line) => `  ${line}\n`).join('')}}`
}

function scalarOf(dialect: Dialect, { name, field, type, isNullable }: Column): string {
  const { prisma, attribute = {} } = sketchOf(type)
  const map = field === name ? '' : `@map("${name}")`
  return `${field} ${prisma}${isNullable ? '?' : ''} ${map} ${attribute[dialect] ?? ''}`
}

function relationOf(schema: Schema, table: Table, reference: Reference): string {
  const target = schema.tables.find(({ name }) => name === reference.target)!
  const own = reference.columns.map((name) => columnOf(table, name).field)
  const theirs = reference.targetColumns.map((name) => columnOf(target, name).field)
  return (
    `${reference.field} ${target.model}${reference.isNullable ? '?' : ''} ` +
    `@relation("${reference.name}", fields: [${own.join(', ')}], references: [${theirs.join(', ')}], ` +
    `onDelete: ${reference.onDelete}, onUpdate: ${reference.onUpdate})`
  )
}

function backsOf(schema: Schema, { name }: Table): string[] {
  return schema.tables.flatMap(({ model, references }) =>
    references
      .filter(({ target }) => target === name)
      .map(
        (reference) =>
          `${reference.back} ${model}${reference.isUnique ? '?' : '[]'} @relation("${reference.name}")`,
      ),
  )
}

function joinsOf({ tables, joinTables }: Schema, { name }: Table): string[] {
  const modelNamed = (table: string) => tables.find((candidate) => candidate.name === table)!.model
  return joinTables.flatMap(({ relation, a, b, fieldOfA, fieldOfB }) => [
    ...(a === name ? [`${fieldOfA} ${modelNamed(b)}[] @relation("${relation}")`] : []),
    ...(b === name ? [`${fieldOfB} ${modelNamed(a)}[] @relation("${relation}")`] : []),
  ])
}
