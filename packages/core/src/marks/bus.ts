import type { Tag } from './tags.ts'

/** What the instances of one namespace tell each other. */
export type BusMessage =
  /** The marks of these tags have changed: nothing that depends on them is current. */
  { readonly kind: 'moved'; readonly tags: readonly Tag[] }

export type BusListener = (message: BusMessage) => void

/** Carries word of moved marks to whoever keeps copies of what depends on them. */
export interface Bus {
  publish(message: BusMessage): void
  /** Returns the function that ends the subscription. */
  subscribe(listener: BusListener): () => void
}

/** The bus of one process: a message has been heard by everyone when `publish` returns. */
export class InProcessBus implements Bus {
  readonly #listeners = new Set<BusListener>()

  publish(message: BusMessage): void {
    for (const listener of this.#listeners) listener(message)
  }

  subscribe(listener: BusListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
