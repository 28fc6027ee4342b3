import { describe, expect, it } from 'vitest'
import type { CatalogueRow } from '../../../packages/sql/src/catalogue/catalogue-source.ts'
import { readMysqlRows, tablesInDoubt } from '../../../packages/sql/src/catalogue/mysql-rows.ts'

const STARTED = 1000

function table(name: string, created: number | null, type = 'BASE TABLE'): CatalogueRow {
  return {
    kind: 'table',
    a: 'shop',
    b: name,
    c: type,
    d: 'InnoDB',
    e: created === null ? null : `${created}`,
  }
}

const of = (kind: string, name: string): CatalogueRow => ({ kind, a: 'shop', b: name })
const server = { kind: 'server', a: '0', b: '10.11.4-MariaDB', c: `${STARTED}` }

/** The names of those that are asked for by name. */
function doubts(
  scanned: readonly CatalogueRow[],
  listed = scanned,
  previous: readonly CatalogueRow[] = [],
): readonly string[] {
  const tables = listed.filter(({ kind }) => kind === 'table')
  return tablesInDoubt([server, ...scanned], tables, previous)
    .map(({ name }) => name)
    .sort()
}

describe('a table of MariaDB is asked for by its name', () => {
  it('not where it was there before anything was asked', () => {
    expect(doubts([table('old', 10), of('key', 'old'), of('trigger', 'old')])).toEqual([])
  })

  it('where it was made while the others were listed, or just before', () => {
    expect(doubts([table('old', 10), table('new', STARTED - 1)])).toEqual(['new'])
    expect(doubts([table('new', 10)], [table('new', STARTED + 5)])).toEqual(['new'])
  })

  it('where it is not known when it was made', () => {
    expect(doubts([table('remote', null)])).toEqual(['remote'])
  })

  it('where one listing has it, and another has not', () => {
    expect(doubts([table('a', 10)], [])).toEqual(['a'])
    expect(doubts([], [table('a', 10)])).toEqual(['a'])
    expect(doubts([of('trigger', 'a')], [])).toEqual(['a'])
  })

  it('where it was there the last time', () => {
    expect(doubts([], [], [table('a', null)])).toEqual(['a'])
  })

  it('where a foreign key refers to it', () => {
    const key = { ...of('key', 'child'), f: 'shop', g: 'parent' }
    expect(doubts([table('child', 10), key])).toEqual(['parent'])
  })

  it('where it is a view whose text is missing', () => {
    const view = table('seen', null, 'VIEW')
    expect(doubts([view])).toEqual(['seen'])
    expect(doubts([view, of('view', 'seen')])).toEqual([])
  })
})

describe('everything is asked for by one statement', () => {
  const answer = [server, table('films', 10), of('trigger', 'films')]

  it.each([
    ['8.0.36', 1],
    ['9.1.0', 1],
    ['8.0.11-TiDB-v7.5.0', 1],
    // Lists files, so it lists them once more.
    ['5.7.44-log', 2],
    ['10.11.4-MariaDB-log', 2],
    ['5.5.5-10.6.12-MariaDB', 2],
  ])('or more, where the server may leave something out: %s', async (version, expected) => {
    const statements: string[] = []
    const rows = await readMysqlRows(async (sql) => {
      statements.push(sql)
      const isFirst = statements.length === 1
      return isFirst ? [{ ...server, b: version }, ...answer.slice(1)] : [table('films', 10)]
    }, [])
    expect(statements).toHaveLength(expected)
    expect(rows.map(({ kind }) => kind)).toEqual(['server', 'table', 'trigger'])
  })

  it('and says nothing of when, so that what has not changed looks the same', async () => {
    const [now, later] = [server, { ...server, c: `${STARTED + 60}` }]
    const read = (first: CatalogueRow, created: number) =>
      readMysqlRows(async () => [{ ...first, b: '8.0.36' }, table('films', created)], [])
    expect(await read(now, 10)).toEqual(await read(later, 50))
  })
})
