import type { ValueType } from '@tidemark/core'
import { Corrupt } from './corrupt.ts'
import type { Path } from './portable.ts'
import { isPlainRecord, revive } from './special-values.ts'

/**
 * The value that a parsed `Portable` stands for. What it is given is nobody's yet, and is changed in place.
 *
 * It goes through lists and plain records alone, and by their own properties alone: a path cannot lead to a
 * prototype, or into an instance that it has made.
 *
 * @throws Corrupt
 */
export function fromPortable(portable: unknown, valueTypes: readonly ValueType[]): unknown {
  if (!Array.isArray(portable)) throw new Corrupt('no list around the value')
  if (portable.length === 3) {
    reviveLeaves(portable, portable[1], valueTypes)
    for (const container of list(portable[2])) {
      const [kind, path] = list(container)
      if (typeof kind !== 'string') throw new Corrupt('a container of no kind')
      reviveAt(portable, list(path) as Path, kind, valueTypes)
    }
  } else if (portable.length !== 1) {
    throw new Corrupt('more or less than a value')
  }
  return portable[0]
}

function reviveLeaves(root: unknown[], groups: unknown, valueTypes: readonly ValueType[]): void {
  for (const group of list(groups)) {
    const [kind, key, parents] = list(group)
    if (typeof kind !== 'string') throw new Corrupt('a value of no kind')
    for (const parent of list(parents)) {
      const holder =
        typeof parent === 'number' ? childOf(root[0], parent) : walk(root, list(parent))
      reviveIn(holder, key, kind, valueTypes)
    }
  }
}

function reviveAt(
  root: unknown[],
  path: Path,
  kind: string,
  valueTypes: readonly ValueType[],
): void {
  reviveIn(walk(root, path.slice(0, -1)), path.at(-1), kind, valueTypes)
}

function reviveIn(
  holder: unknown,
  key: unknown,
  kind: string,
  valueTypes: readonly ValueType[],
): void {
  const data = childOf(holder, key)
  // `childOf` has seen that it is the holder's own.
  ;(holder as Record<string, unknown>)[key as string] = revive(kind, data, valueTypes)
}

function walk(root: unknown[], path: readonly unknown[]): unknown {
  // What describes the value is not part of it.
  if (path.length > 0 && path[0] !== 0) throw new Corrupt('a path that leads elsewhere')
  let value: unknown = root
  for (const key of path) value = childOf(value, key)
  return value
}

function childOf(holder: unknown, key: unknown): unknown {
  const known = Array.isArray(holder)
    ? Number.isSafeInteger(key)
    : typeof key === 'string' && isPlainRecord(holder)
  if (!known || !Object.hasOwn(holder as object, key as string)) {
    throw new Corrupt('a path that leads nowhere')
  }
  return (holder as Record<string, unknown>)[key as string]
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new Corrupt('a list that is none')
  return value
}
