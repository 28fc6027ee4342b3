import { invalidOption } from '../options/tidemark-error.ts'
import { NestedLoad } from '../reads/nested-load.ts'

/** Loads of several keys, which those who ask for them at about the same time share. */
export type LoadMany<T> = (keys: readonly string[]) => PromiseLike<ReadonlyMap<string, T>>

/**
 * Gathers keys that are to be loaded, and loads them together.
 *
 * It waits until all that is ready to run has run, and for nothing else: to wait for what others load as well could be to
 * wait for those who wait for this.
 */
export class LoadBatch<T> {
  readonly #load: LoadMany<T>
  #gathering:
    | {
        readonly keys: string[]
        readonly nested: NestedLoad
        readonly loaded: Promise<ReadonlyMap<string, T>>
      }
    | undefined

  constructor(load: LoadMany<T>) {
    this.#load = load
  }

  /** Undefined where the load gives nothing for the key. */
  async load(key: string): Promise<T | undefined> {
    const { keys, nested, loaded } = (this.#gathering ??= this.#gather())
    keys.push(key)
    nested.beginHere()
    return (await loaded).get(key)
  }

  #gather() {
    const keys: string[] = []
    const nested = new NestedLoad('')
    const loaded = new Promise<ReadonlyMap<string, T>>((resolve, reject) => {
      setImmediate(() => {
        this.#gathering = undefined
        // In an async function: what it throws at once is an error of the load too, and must not end the process.
        nested.run(async () => checkLoaded(keys, await this.#load(keys))).then(resolve, reject)
      })
    })
    return { keys, nested, loaded }
  }
}

/**
 * What it gives under other keys would be taken for nothing, and that be remembered.
 *
 * @throws TidemarkError `INVALID_OPTION`
 */
function checkLoaded<T>(
  keys: readonly string[],
  loaded: ReadonlyMap<string, T>,
): ReadonlyMap<string, T> {
  if (!(loaded instanceof Map)) {
    throw invalidOption('getOrLoadMany', 'a load that gives a Map by key', loaded)
  }
  if (loaded.size > 0 && !keys.some((key) => loaded.has(key))) {
    const [other] = loaded.keys()
    throw invalidOption(
      'getOrLoadMany',
      `a Map by the keys that the load was given, such as ${JSON.stringify(keys[0])}`,
      other,
    )
  }
  return loaded
}
