/**
 * Text that differs for any two values that a program could tell apart: their classes, `-0`, the order of
 * keys, what is `undefined` and what is missing.
 */
export function exactly(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'object':
      return value === null ? 'null' : exactObject(value)
    default:
      return String(value)
  }
}

const prototypes = new Map<unknown, number>()

function exactObject(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (!prototypes.has(prototype)) prototypes.set(prototype, prototypes.size)
  return `${prototype === null ? 'bare' : value.constructor?.name}#${prototypes.get(prototype)}${content(value)}`
}

function content(value: object): string {
  if (value instanceof Date) return `(${value.getTime()})`
  if (value instanceof Map)
    return `(${[...value].map(([key, of]) => `${exactly(key)}=>${exactly(of)}`).join()})`
  if (value instanceof Set) return `(${[...value].map(exactly).join()})`
  if (ArrayBuffer.isView(value)) return `(${Array.from(value as Uint8Array, exactly).join()})`
  const fields = Reflect.ownKeys(value).map((key) => {
    const { value: of, ...how } = Object.getOwnPropertyDescriptor(value, key)!
    const plain = Object.values(how).every((flag) => flag === true)
    return `${exactKey(key)}${plain ? '' : JSON.stringify(how)}:${typeof of === 'function' ? 'f' : exactly(of)}`
  })
  return `{${fields.join()}}`
}

function exactKey(key: string | symbol): string {
  return typeof key === 'string' ? JSON.stringify(key) : String(key)
}

/** Every object that can be reached from a value. */
export function objectsIn(root: unknown, found = new Set<object>()): Set<object> {
  if (typeof root !== 'object' || root === null || found.has(root)) return found
  found.add(root)
  if (ArrayBuffer.isView(root)) return found.add(root.buffer)
  if (root instanceof Map) for (const pair of root) objectsIn(pair, found).delete(pair)
  if (root instanceof Set) for (const member of root) objectsIn(member, found)
  for (const key of Object.keys(root)) objectsIn(Reflect.get(root, key), found)
  return found
}
