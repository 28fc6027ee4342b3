import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Catalogue, type CatalogueOptions } from '../../../packages/sql/src/catalogue/catalogue.ts'
import type {
  ForeignKey,
  KeyAction,
  Relation,
  RowChange,
} from '../../../packages/sql/src/catalogue/relation.ts'

const options: CatalogueOptions = {
  defaultSchema: 'public',
  isPartitioned: false,
  sideEffects: {},
  isComplete: true,
}

function relation(name: string, parts: Partial<Relation> = {}): Relation {
  const bareName = name.slice(name.lastIndexOf('.') + 1)
  return { name, bareName, reads: [], writes: [], keys: [], triggers: [], ...parts }
}

function key(table: string, parts: Partial<ForeignKey> = {}): ForeignKey {
  return {
    table,
    ...{ onDelete: 'nothing', onUpdate: 'nothing', references: ['id'], columns: ['ref'] },
    ...parts,
  }
}

function catalogue(
  relations: readonly Relation[],
  more: Partial<CatalogueOptions> = {},
): Catalogue {
  return new Catalogue({ relations }, { ...options, ...more })
}

const sorted = (written: ReturnType<Catalogue['writes']> | readonly string[]) => {
  if (written === 'unknown') return written
  return [...('tables' in written ? written.tables : written)].sort().join(' ')
}

describe('what a write writes', () => {
  const cascading = catalogue([
    relation('person', {
      keys: [
        key('pet', { onDelete: 'delete' }),
        key('note', { onDelete: 'update' }),
        key('badge', { onUpdate: 'update', references: ['code'] }),
      ],
    }),
    relation('pet', { keys: [key('toy', { onDelete: 'delete' })] }),
    relation('note', { keys: [key('mark', { onUpdate: 'update', references: ['ref'] })] }),
    ...['badge', 'toy', 'mark'].map((name) => relation(name)),
  ])

  it('says how it comes to each table that nobody named', () => {
    const ways = (written: ReturnType<Catalogue['writes']>) =>
      written === 'unknown'
        ? written
        : written.reached.map(({ table, from, by }) => `${from} → ${table} (${by})`)
    expect(ways(cascading.writes([{ table: 'public.Person', change: 'delete' }]))).toEqual([
      'person → pet (on delete cascade)',
      'person → note (on delete cascade)',
      'note → mark (on update cascade)',
      'pet → toy (on delete cascade)',
    ])
    const both = ['person', 'pet'].map((table) => ({ table, change: 'delete' as const }))
    expect(ways(cascading.writes(both))).not.toContain('person → pet (on delete cascade)')
    const others = catalogue(
      [
        relation('a', {
          keys: [
            key('b', {
              onDelete: 'update',
              onUpdate: 'update',
              rules: { onDelete: 'set null', onUpdate: 'set default' },
            }),
            // Itself, which was named.
            key('a', { onDelete: 'delete' }),
          ],
          triggers: [
            { on: ['any'], writes: ['c'] },
            { on: ['any'], writes: ['d'], kind: 'rule' },
          ],
          writes: ['e'],
        }),
        ...['b', 'c', 'd', 'e', 'f', 'g'].map((name) => relation(name)),
      ],
      { sideEffects: { f: ['g'] } },
    )
    expect(ways(others.writes([{ table: 'a', change: 'delete' }]))).toEqual([
      'a → c (trigger)',
      'a → d (rule)',
      'a → e (view or partition)',
      'a → b (on delete set null)',
    ])
    expect(ways(others.writes([{ table: 'a', change: 'update' }]))).toContain(
      'a → b (on update set default)',
    )
    expect(ways(others.writes([{ table: 'f', change: 'insert' }]))).toEqual(['f → g (sideEffects)'])
  })

  it.each<[string, Omit<RowChange, 'table'>, string]>([
    ['an insert', { change: 'insert' }, 'person'],
    ['a delete', { change: 'delete' }, 'mark note person pet toy'],
    ['an update of anything', { change: 'update' }, 'badge person'],
    ['an update of what nothing refers to', { change: 'update', columns: ['name'] }, 'person'],
    [
      'an update of a key, in any case of letters',
      { change: 'update', columns: ['CODE'] },
      'badge person',
    ],
    ['an update of a row id of SQLite', { change: 'update', columns: ['rowid'] }, 'badge person'],
    ['whatever it may be', { change: 'any' }, 'badge mark note person pet toy'],
  ])('by %s', (_, change, expected) => {
    expect(sorted(cascading.writes([{ table: 'person', ...change }]))).toBe(expected)
  })

  it('beyond the keys that somebody else has followed', () => {
    const changes = [{ table: 'person', change: 'any' }] as const
    expect(sorted(cascading.writes(changes, (_, { table }) => table !== 'pet'))).toBe(
      'person pet toy',
    )
  })

  it('in a relation that nobody knows is everything', () => {
    expect(cascading.writes([{ table: 'stranger', change: 'insert' }])).toBe('unknown')
    expect(cascading.writes([{ table: 'audit.person', change: 'insert' }])).toBe('unknown')
  })

  it('in one that is declared is what is declared, and its keys', () => {
    const declared = catalogue(
      [relation('a', { triggers: [{ on: ['insert'], writes: 'unknown' }] }), relation('b')],
      { sideEffects: { a: ['public.b'], temporary: [] } },
    )
    expect(sorted(declared.writes([{ table: 'a', change: 'insert' }]))).toBe('a b')
    expect(sorted(declared.writes([{ table: 'temporary', change: 'insert' }]))).toBe('temporary')
  })

  it('by triggers is what those on the event write', () => {
    const triggered = catalogue([
      relation('a', {
        triggers: [
          { on: ['insert'], writes: ['b'] },
          { on: ['update'], writes: [], sets: ['id'] },
          { on: ['delete'], writes: 'unknown' },
        ],
        keys: [key('c', { onUpdate: 'update' })],
      }),
      ...['b', 'c'].map((name) => relation(name)),
    ])
    const writes = (change: RowChange['change']) =>
      sorted(triggered.writes([{ table: 'a', change, columns: ['name'] }]))
    expect(writes('insert')).toBe('a b')
    // The trigger sets the column that `c` refers to.
    expect(writes('update')).toBe('a c')
    expect(writes('delete')).toBe('unknown')
  })

  it('in a view or a partitioned table goes on behind it', () => {
    const behind = catalogue([
      relation('v', { reads: ['w'], writes: ['w'] }),
      relation('w', { reads: ['t'], writes: ['t'] }),
      relation('t', { keys: [key('c', { onDelete: 'delete' })] }),
      relation('c'),
    ])
    expect(sorted(behind.writes([{ table: 'v', change: 'insert' }]))).toBe('t v w')
    // An update may move a row from one partition to another.
    expect(sorted(behind.writes([{ table: 'v', change: 'update' }]))).toBe('c t v w')
    expect(sorted(behind.reads(['v']).tables)).toBe('t v w')
    expect(sorted(behind.reads(['t']).tables)).toBe('t')
  })

  it('in a table that replaces rows deletes them', () => {
    const replacing = catalogue([
      relation('a', { replacesRows: true, keys: [key('b', { onDelete: 'delete' })] }),
      relation('b'),
    ])
    expect(sorted(replacing.writes([{ table: 'a', change: 'insert' }]))).toBe('a b')
  })
})

describe('names', () => {
  const two = catalogue([relation('audit.film'), relation('shop.film'), relation('Genre')])

  it('without a schema mean any schema, unless the default one has it', () => {
    expect(sorted(two.reads(['film']).tables)).toBe('audit.film film shop.film')
    expect(sorted(two.writes([{ table: 'film', change: 'insert' }]))).toBe(
      'audit.film film shop.film',
    )
    expect(sorted(two.reads(['audit.film']).tables)).toBe('audit.film')
  })

  it('are the same in any case of letters, and with the default schema', () => {
    expect(two.hasAll(['GENRE', 'public.genre'])).toBe(true)
    expect(two.hasAll(['other.genre'])).toBe(false)
  })
})

describe('what keeps a read from the cache', () => {
  const guarded = catalogue([
    relation('secret', { obstacle: 'row-level-security' }),
    relation('view', { reads: ['secret'] }),
  ])

  it('counts behind a view as well', () => {
    expect(guarded.reads(['view']).obstacle).toBe('row-level-security')
    expect(guarded.reads(['stranger']).obstacle).toBe('unknown-relation')
  })

  it('is no row-level security where reads say whose they are', () => {
    const partitioned = catalogue([relation('secret', { obstacle: 'row-level-security' })], {
      isPartitioned: true,
    })
    expect(partitioned.reads(['secret']).obstacle).toBeUndefined()
  })
})

describe('the closure', () => {
  const table = fc.integer({ min: 0, max: 7 }).map((index) => `t${index}`)
  const column = fc.constantFrom('a', 'b')
  const action = fc.constantFrom<KeyAction>('nothing', 'update', 'delete')
  const keys = fc.record({
    from: table,
    to: table,
    onDelete: action,
    onUpdate: fc.constantFrom<KeyAction>('nothing', 'update'),
    references: column,
    column,
  })
  const triggers = fc.record({
    on: table,
    event: fc.constantFrom('insert', 'update', 'delete' as const),
    writes: table,
  })
  const change = fc.record({
    table,
    change: fc.constantFrom('insert', 'update', 'delete', 'any' as const),
    columns: fc.option(fc.uniqueArray(column), { nil: undefined }),
  })

  it('is that of a naive walk, on any graph', () => {
    fc.assert(
      fc.property(
        fc.array(keys, { maxLength: 14 }),
        fc.array(triggers, { maxLength: 4 }),
        change,
        (edges, fired, start) => {
          const relations = Array.from({ length: 8 }, (_, index) => {
            const name = `t${index}`
            return relation(name, {
              keys: edges
                .filter(({ from }) => from === name)
                .map(({ to, onDelete, onUpdate, references, column: own }) =>
                  key(to, { onDelete, onUpdate, references: [references], columns: [own] }),
                ),
              triggers: fired
                .filter(({ on }) => on === name)
                .map(({ event, writes }) => ({ on: [event], writes: [writes] })),
            })
          })
          expect(sorted(catalogue(relations).writes([start]))).toBe(naive(edges, fired, start))
        },
      ),
      { numRuns: 500 },
    )
  })

  interface Edge {
    from: string
    to: string
    onDelete: KeyAction
    onUpdate: KeyAction
    references: string
    column: string
  }

  /** All single events, spelled out, until nothing new follows from any of them. */
  function naive(
    edges: readonly Edge[],
    fired: readonly { on: string; event: string; writes: string }[],
    start: RowChange,
  ): string {
    const every = ['insert', 'delete', 'update a', 'update b']
    const events = new Set<string>()
    const add = (name: string, list: readonly string[]) =>
      list.forEach((event) => events.add(`${name}:${event}`))
    const columns = (start.columns ?? ['a', 'b']).map((name) => `update ${name}`)
    if (start.change === 'any') add(start.table, every)
    else if (start.change === 'update') add(start.table, ['update', ...columns])
    else add(start.table, [start.change])
    for (let size = -1; size !== events.size;) {
      size = events.size
      for (const entry of [...events]) {
        const [name = '', event = ''] = entry.split(':')
        for (const edge of edges.filter(({ from }) => from === name)) {
          if (event === 'delete' && edge.onDelete === 'delete') add(edge.to, ['delete'])
          if (event === 'delete' && edge.onDelete === 'update') {
            add(edge.to, ['update', `update ${edge.column}`])
          }
          if (event === `update ${edge.references}` && edge.onUpdate === 'update') {
            add(edge.to, ['update', `update ${edge.column}`])
          }
        }
        for (const trigger of fired.filter(({ on }) => on === name)) {
          if (event.startsWith(trigger.event)) add(trigger.writes, every)
        }
      }
    }
    const tables = new Set([start.table, ...[...events].map((entry) => entry.split(':')[0] ?? '')])
    return [...tables].sort().join(' ')
  }
})
