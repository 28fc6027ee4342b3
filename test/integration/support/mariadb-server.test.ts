import mysql from 'mysql2/promise'
import { expect, it } from 'vitest'
import { MariadbServer } from '../../support/mariadb-server.ts'

it('a killed MariaDB comes back on the same port with what was committed', async () => {
  await using server = await MariadbServer.start()
  await query(server, 'create database kept')
  await query(server, 'create table kept.numbers (value int)')
  await query(server, 'insert into kept.numbers values (1), (2)')
  await server.kill()
  await expect(query(server, 'select 1')).rejects.toThrow('ECONNREFUSED')
  await server.restart()
  expect(await query(server, 'select value from kept.numbers')).toEqual([
    { value: 1 },
    { value: 2 },
  ])
})

async function query(server: MariadbServer, text: string): Promise<unknown> {
  const connection = await mysql.createConnection(server.url())
  try {
    return (await connection.query(text))[0]
  } finally {
    await connection.end()
  }
}
