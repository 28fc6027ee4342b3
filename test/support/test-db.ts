/** The tables of prisma/schema.prisma, as Kysely sees them. */
export interface TestDB {
  [table: string]: Record<string, unknown>
}
