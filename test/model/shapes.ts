import { allProperties } from './properties.ts'
import { type Protocol, theProtocol } from './protocol.ts'
import type { Scenario, Script, WriterPlan } from './scenario.ts'

/**
 * Who reads and who writes. Process A is the writer's own, so that reads of the own process and of
 * another are both there.
 */
export const shapes = {
  '1 writer, 1 reader elsewhere': shape(['A'], ['B']),
  '1 writer, 2 readers': shape(['A'], ['A', 'B']),
  '1 writer, 3 readers': shape(['A'], ['A', 'B', 'B']),
  '1 writer, 2 readers in its process, 1 elsewhere': shape(['A'], ['A', 'A', 'B']),
  '2 writers, 1 reader': shape(['A', 'B'], ['B']),
  '2 writers, 2 readers': shape(['A', 'B'], ['A', 'B']),
  '2 writers in one process, 2 readers': shape(['A', 'A'], ['A', 'B']),
  '2 writers, 2 readers that read twice': shape(['A', 'B'], ['A', 'B'], 2),
  '2 writers, 3 readers': shape(['A', 'B'], ['A', 'B', 'B']),
} as const

/** The scenario in which nothing is special: one table, one query, one Redis, no memory, no fault. */
export function scenario(name: string, parts: Partial<Scenario> = {}): Scenario {
  return {
    name,
    protocol: theProtocol,
    faults: [],
    tags: 1,
    queries: [[0]],
    ...shapes['1 writer, 3 readers'],
    memory: 'none',
    servers: 'one',
    start: 'either',
    judged: allProperties,
    excuses: 'granted',
    ...parts,
  }
}

export function weakened(parts: Partial<Protocol>): Protocol {
  return { ...theProtocol, ...parts }
}

function shape(writers: readonly Name[], readers: readonly Name[], reads = 1) {
  return {
    processes: 2,
    writers: writers.map((name) => writer(name)),
    readers: readers.map((name) => ({ process: nameIndex(name), query: 0, reads })),
  }
}

export function writer(
  process: Name,
  script: Script = 'autocommit',
  tags: readonly number[] = [0],
): WriterPlan {
  return { process: nameIndex(process), tags, script }
}

type Name = 'A' | 'B'

function nameIndex(name: Name): number {
  return name === 'A' ? 0 : 1
}
