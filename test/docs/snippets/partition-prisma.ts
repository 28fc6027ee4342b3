import type { PoolConfig } from 'pg'
// snippet: partition-prisma
import { PrismaPg } from '@prisma/adapter-pg'
import { createTidemark } from '@tidemark/core'
import { cacheExtension } from '@tidemark/prisma'
// end
import { PrismaClient } from '../../../prisma/generated/client.ts'

export async function run(connection: PoolConfig) {
  // snippet: partition-prisma
  const cache = createTidemark()

  // A client for each tenant, whose connections are that tenant from their start.
  const openFor = (tenant: string) => {
    const options = `${connection.options ?? ''} -c app.tenant=${tenant}`
    const adapter = new PrismaPg({ ...connection, options, max: 2 })
    return new PrismaClient({ adapter }).$extends(
      cacheExtension(cache, { database: 'main', partition: tenant, cacheByDefault: true }),
    )
  }

  const acme = openFor('acme')
  const films = await acme.film.findMany({ select: { title: true } })
  // end
  return { acme, cache, films, openFor }
}
