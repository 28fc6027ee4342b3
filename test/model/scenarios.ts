import { safeWriteThrough } from './protocol.ts'
import type { Fault, Scenario } from './scenario.ts'
import { scenario, shapes, weakened, writer } from './shapes.ts'

/** Every fault that the protocol must bear alone, without a property being lost. */
const bearable = [
  'crash',
  'outage',
  'eviction',
  'FLUSHALL',
  'failover',
  'restart',
  'another epoch',
  'lost messages',
  'unknown outcome',
  'pause past the lease',
] as const satisfies readonly Fault[]

/** A fault that has to do with memory only. */
const isOfMemory = (fault: Fault) => fault === 'lost messages'

/** And one that only who has a lease can suffer. */
const isOfLease = (fault: Fault) => fault === 'pause past the lease'

const bothShapes = ['1 writer, 3 readers', '2 writers, 2 readers'] as const

/** The shared tier alone. */
export const sharedTier: readonly Scenario[] = bothShapes.flatMap((name) => [
  scenario(name, shapes[name]),
  ...bearable
    .filter((fault) => !isOfMemory(fault))
    .map((fault) => scenario(`${name}, ${fault}`, { ...shapes[name], faults: [fault] })),
])

/** What one keeps in memory another of its process is given: two readers in each process in turn. */
const shapesOfMemory = ['1 writer, 2 readers in its process, 1 elsewhere', ...bothShapes] as const

/** With a memory tier in each process, hits in which are at most Δ old. */
export const withMemory: readonly Scenario[] = shapesOfMemory.flatMap((name) => [
  scenario(`memory, ${name}`, { ...shapes[name], memory: 'bounded' }),
  ...bearable.map((fault) =>
    scenario(`memory, ${name}, ${fault}`, {
      ...shapes[name],
      memory: 'bounded',
      faults: [fault],
      start: 'warm',
    }),
  ),
])

/** With Δ = 0: never stale, whatever happens to messages. */
export const validatedMemory: readonly Scenario[] = bothShapes.flatMap((name) =>
  ([undefined, ...bearable] as const).map((fault) =>
    scenario(`memory with Δ = 0, ${name}${fault ? `, ${fault}` : ''}`, {
      ...shapes[name],
      memory: 'validated',
      faults: fault ? [fault] : [],
      start: 'warm',
    }),
  ),
)

const available = weakened({ mode: 'available' })
const fresh = weakened({ mode: 'fresh' })

/** The other modes, which differ from `strict` only where Redis does not answer or INTENT is left out. */
export const otherModes: readonly Scenario[] = [
  ...bothShapes.map((name) =>
    scenario(`available, ${name}, outage`, {
      ...shapes[name],
      protocol: available,
      faults: ['outage'],
    }),
  ),
  ...bothShapes.flatMap((name) =>
    (
      [undefined, ...bearable.filter((fault) => !isOfMemory(fault) && !isOfLease(fault))] as const
    ).map((fault) =>
      scenario(`fresh, ${name}${fault ? `, ${fault}` : ''}`, {
        ...shapes[name],
        protocol: fresh,
        faults: fault ? [fault] : [],
      }),
    ),
  ),
  scenario('available, memory, outage', {
    ...shapes['1 writer, 2 readers in its process, 1 elsewhere'],
    protocol: available,
    memory: 'bounded',
    faults: ['outage'],
    start: 'warm',
  }),
  ...([undefined, 'failover', 'unknown outcome', 'lost messages'] as const).map((fault) =>
    scenario(`fresh, memory${fault ? `, ${fault}` : ''}`, {
      ...shapes['1 writer, 2 readers in its process, 1 elsewhere'],
      protocol: fresh,
      memory: 'bounded',
      faults: fault ? [fault] : [],
      start: 'warm',
    }),
  ),
]

const inTransaction = {
  ...shapes['2 writers, 2 readers'],
  writers: [writer('A', 'transaction'), writer('B')],
}

/** Transactions, two tables, a Cluster, several readings by one reader. */
export const more: readonly Scenario[] = [
  scenario('a transaction beside a write', inTransaction),
  scenario('a transaction beside a write, crash', { ...inTransaction, faults: ['crash'] }),
  scenario('a transaction that rolls back', {
    ...inTransaction,
    writers: [writer('A', 'rolled back'), writer('B')],
  }),
  scenario('a rollback to a savepoint', {
    ...shapes['1 writer, 2 readers'],
    writers: [writer('A', 'savepoint')],
  }),
  scenario('two writers in one process', {
    ...shapes['2 writers in one process, 2 readers'],
    memory: 'bounded',
  }),
  scenario('readers that read twice', shapes['2 writers, 2 readers that read twice']),
  scenario('two copies of a mark', twoCopies()),
  ...(['outage', 'failover'] as const).map((fault) =>
    scenario(`two copies of a mark, ${fault}`, {
      ...twoCopies(),
      start: 'warm',
      faults: [fault],
    }),
  ),
]

/** A write moves two marks; each of two queries depends on one of them only, as on its copy. */
function twoCopies(): Partial<Scenario> {
  return {
    processes: 2,
    servers: 'cluster',
    tags: 2,
    queries: [[0], [1]],
    writers: [writer('A', 'autocommit', [0, 1])],
    readers: [
      { process: 0, query: 0, reads: 1 },
      { process: 1, query: 1, reads: 1 },
      { process: 1, query: 0, reads: 1 },
    ],
  }
}

/** On a Cluster, a query of two tables whose marks are on servers of their own. */
const twoTables = { tags: 2, queries: [[0, 1]], servers: 'cluster' } as const

const joint = {
  ...twoTables,
  ...shapes['1 writer, 2 readers'],
  writers: [writer('A', 'autocommit', [0, 1])],
}

const apart = {
  ...twoTables,
  ...shapes['2 writers, 2 readers'],
  writers: [writer('A', 'autocommit', [0]), writer('B', 'autocommit', [1])],
}

export const cluster: readonly Scenario[] = [
  scenario('Cluster, one table, 1 writer, 3 readers', { servers: 'cluster' }),
  scenario('Cluster, one table, 2 writers, 2 readers', {
    ...shapes['2 writers, 2 readers'],
    servers: 'cluster',
  }),
  scenario('Cluster, two tables, one write to both', joint),
  ...(['crash', 'outage', 'eviction', 'failover', 'unknown outcome'] as const).map((fault) =>
    scenario(`Cluster, two tables, one write to both, ${fault}`, {
      ...joint,
      start: 'warm',
      faults: [fault],
    }),
  ),
  scenario('Cluster, two tables, a write to each', apart),
]

const through = weakened({ writeThrough: safeWriteThrough })
const throughByTwo = weakened({
  writeThrough: { ...safeWriteThrough, stored: 'by a SET after it' },
})

/** Of a query that depends on a row and on its table's bulk mark. A writes the row, B the table. */
export const rowAndBulk = {
  ...shapes['2 writers, 1 reader'],
  tags: 2,
  queries: [[0, 1]],
  writers: [writer('A', 'autocommit', [0]), writer('B', 'autocommit', [1])],
} as const

export const writeThrough: readonly Scenario[] = [
  ...([undefined, ...bearable.filter((fault) => !isOfMemory(fault))] as const).map((fault) =>
    scenario(`write-through${fault ? `, ${fault}` : ''}`, {
      ...shapes['2 writers, 2 readers'],
      protocol: through,
      faults: fault ? [fault] : [],
    }),
  ),
  scenario('write-through, a row and its bulk mark', { ...rowAndBulk, protocol: through }),
  scenario('write-through with a renewed lease, eviction', {
    ...shapes['2 writers, 1 reader'],
    writers: [writer('A', 'renewed'), writer('B')],
    protocol: through,
    faults: ['eviction'],
  }),
  scenario('write-through by a SET after RELEASE, eviction', {
    ...shapes['2 writers, 2 readers'],
    protocol: throughByTwo,
    faults: ['eviction'],
  }),
  scenario('write-through by a SET after RELEASE, outage', {
    ...shapes['2 writers, 1 reader'],
    protocol: throughByTwo,
    faults: ['outage'],
  }),
]

/** RELEASE as the one that makes the next token. */
const minting = weakened({ releaseLeaves: 'a new token' })

export const releaseThatMints: readonly Scenario[] = [
  ...([undefined, ...bearable.filter((fault) => !isOfMemory(fault))] as const).map((fault) =>
    scenario(`RELEASE mints a token, 2 writers, 2 readers${fault ? `, ${fault}` : ''}`, {
      ...shapes['2 writers, 2 readers'],
      protocol: minting,
      faults: fault ? [fault] : [],
    }),
  ),
]

/** For `npm run check:model`: the same with more actors and from more starts. */
export const larger: readonly Scenario[] = [
  ...(['2 writers, 3 readers', '2 writers, 2 readers that read twice'] as const).flatMap((name) =>
    ([undefined, ...bearable.filter((fault) => !isOfMemory(fault))] as const).map((fault) =>
      scenario(`${name}${fault ? `, ${fault}` : ''}`, {
        ...shapes[name],
        faults: fault ? [fault] : [],
      }),
    ),
  ),
  ...[...withMemory, ...validatedMemory].map((each) => ({
    ...each,
    name: `${each.name}, from any start`,
    start: 'either' as const,
  })),
]
