import pg from 'pg'
import { expect, it } from 'vitest'
import { PostgresServer } from '../../support/postgres-server.ts'

it('a killed PostgreSQL comes back on the same port with what was committed', async () => {
  await using server = await PostgresServer.start()
  await query(server, 'create table kept (value int)')
  await server.kill()
  await expect(query(server, 'select 1')).rejects.toThrow('ECONNREFUSED')
  await server.restart()
  expect(await query(server, 'select count(*)::int as rows from kept')).toEqual([{ rows: 0 }])
})

async function query(server: PostgresServer, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: server.url() })
  await client.connect()
  try {
    return (await client.query(text)).rows
  } finally {
    await client.end()
  }
}
