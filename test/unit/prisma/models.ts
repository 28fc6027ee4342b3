import type { SqlDriverAdapterFactory } from '@prisma/client/runtime/client'
import { buildDataModel } from '../../../packages/prisma/src/data-model.ts'
import {
  type ClientInternals,
  readClient,
  type RuntimeModel,
} from '../../../packages/prisma/src/prisma-internals.ts'
import { PrismaClient } from '../../../prisma/generated/client.ts'

/** A client that is never connected. */
export function unconnectedClient(): PrismaClient {
  const adapter = { provider: 'postgres', adapterName: 'none' } as SqlDriverAdapterFactory
  return new PrismaClient({ adapter })
}

export const internals: ClientInternals = readClient(unconnectedClient())

/** The models of prisma/schema.prisma. */
export const dataModel = buildDataModel(internals, 'public')

/**
 * Models as Prisma's runtime has them, in short: `{ Item: { id: 'Int', owner: 'User via Owned' } }`. A type
 * with a relation's name behind it is a relation.
 */
export function runtimeModels(
  models: Record<string, Record<string, string>>,
  schemas: Record<string, string> = {},
): Record<string, RuntimeModel> {
  return Object.fromEntries(
    Object.entries(models).map(([name, fields]) => [
      name,
      {
        dbName: `${name.toLowerCase()}s`,
        schema: schemas[name] ?? null,
        fields: Object.entries(fields).map(([field, type]) => {
          const [target = '', relationName] = type.split(' via ')
          const kind = relationName ? 'object' : 'scalar'
          return { name: field, kind, type: target, relationName }
        }),
      },
    ]),
  )
}
