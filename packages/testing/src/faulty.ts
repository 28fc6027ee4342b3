/**
 * A stand-in for `part` whose methods fail while they are told to, and otherwise do what `part` does.
 * It serves for every seam of the engine: a tier, a mark store, a codec.
 *
 * @example
 * const tier = faulty(new MemoryTier({ maxEntries: 10, maxBytes: 1e6 }))
 * tier.fail('get', 'set')
 * tier.recover()
 */
export function faulty<T extends object>(part: T): Faulty<T> {
  const failing = new Set<PropertyKey>()
  const controls = {
    fail: (...methods: (keyof T)[]) => methods.forEach((method) => failing.add(method)),
    recover: () => failing.clear(),
  }
  return new Proxy(part, {
    get(target, name) {
      if (Object.hasOwn(controls, name)) return controls[name as keyof typeof controls]
      const value: unknown = Reflect.get(target, name, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (failing.has(name)) throw new InjectedFault(String(name))
        return Reflect.apply(value, target, args)
      }
    },
  }) as Faulty<T>
}

export type Faulty<T> = T & {
  /** From now on these methods throw an `InjectedFault`. */
  fail(...methods: (keyof T)[]): void
  /** From now on all methods work again. */
  recover(): void
}

/** What a faulty part throws: never anything that a test could take for a real error. */
export class InjectedFault extends Error {
  override readonly name = 'InjectedFault'

  constructor(method: string) {
    super(`injected fault in ${method}()`)
  }
}
