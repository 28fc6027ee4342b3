import type { Redis } from 'ioredis'
import type { Tag } from '@tidemark/core'

export interface RedisBusOptions {
  readonly channel: string
  /** Names this process on the channel. */
  readonly instance: string
  /** A new connection to a server that hears everything that is published, if one is known. */
  readonly connect: () => Redis | undefined
  /** Publishes on another connection. */
  readonly publish: (channel: string, message: string) => Promise<void>
  readonly heartbeatMs: number
  /** Called with every beat. */
  readonly onBeat: () => void
  /** @param isPart set where they are some of more, of which another message tells */
  readonly onMoved: (marks: readonly Tag[], isPart: boolean) => void
  readonly onLost: () => void
}

/**
 * Word of moved marks, by Redis' publish and subscribe. It promises nothing: a message may be lost with a connection. So
 * whenever one was, and whenever a beat of its own does not come back, it says that word may have been missed.
 */
export class RedisBus {
  readonly #options: RedisBusOptions
  #subscriber: Redis | undefined
  #isHeard = false
  #isUp = false
  #isClosed = false
  #retry: NodeJS.Timeout | undefined
  readonly #beat: NodeJS.Timeout

  constructor(options: RedisBusOptions) {
    this.#options = options
    this.#connect()
    this.#beat = setInterval(() => this.#checkBeat(), options.heartbeatMs).unref()
  }

  /** Whether messages come through, as far as the last beat tells. */
  get isUp(): boolean {
    return this.#isUp
  }

  /** What a script is to publish when these marks move. */
  message(marks: readonly Tag[]): string {
    return JSON.stringify([this.#options.instance, ...marks])
  }

  /** The same for one that moves with others. */
  messageOfPart(mark: Tag): string {
    return JSON.stringify([this.#options.instance, [mark]])
  }

  close(): void {
    this.#isClosed = true
    clearInterval(this.#beat)
    clearTimeout(this.#retry)
    this.#subscriber?.disconnect()
  }

  get #beatChannel(): string {
    return `${this.#options.channel}:${this.#options.instance}`
  }

  #connect(): void {
    const subscriber = this.#options.connect()
    this.#subscriber = subscriber
    if (!subscriber) return this.#connectLater()
    subscriber.on('ready', () => void this.#subscribe(subscriber))
    subscriber.on('close', () => this.#lose())
    // It has told what matters by closing.
    subscriber.on('error', () => {})
    subscriber.on('message', (channel: string, message: string) => this.#hear(channel, message))
    subscriber.on('end', () => {
      if (!this.#isClosed && this.#subscriber === subscriber) this.#connectLater()
    })
  }

  #connectLater(): void {
    this.#retry = setTimeout(() => this.#connect(), RECONNECT_MS).unref()
  }

  async #subscribe(subscriber: Redis): Promise<void> {
    try {
      await subscriber.subscribe(this.#options.channel, this.#beatChannel)
    } catch {
      return
    }
    // What was published since the last connection was lost nobody will say again.
    this.#lose()
    this.#isUp = true
    this.#isHeard = true
  }

  #hear(channel: string, message: string): void {
    if (channel === this.#beatChannel) {
      this.#isHeard = true
      this.#isUp = true
      return
    }
    const moved = readMessage(message)
    if (!moved) return this.#lose()
    // Its own writes are known here before anyone hears of them.
    if (moved.instance === this.#options.instance) return
    this.#options.onMoved(moved.marks, moved.isPart)
  }

  #checkBeat(): void {
    if (!this.#isHeard) this.#lose()
    this.#isHeard = false
    this.#options.publish(this.#beatChannel, 'beat').catch(() => undefined)
    this.#options.onBeat()
  }

  #lose(): void {
    this.#isUp = false
    this.#options.onLost()
  }
}

/** How long to wait for another server to listen to. */
const RECONNECT_MS = 100

interface Message {
  readonly instance: string
  readonly marks: readonly Tag[]
  readonly isPart: boolean
}

function readMessage(text: string): Message | undefined {
  try {
    const [instance, ...rest] = JSON.parse(text) as unknown[]
    const isPart = Array.isArray(rest[0])
    const marks = isPart ? (rest[0] as unknown[]) : rest
    const isWhole = [instance, ...marks].every((part) => typeof part === 'string')
    return isWhole ? { instance: instance as string, marks: marks as Tag[], isPart } : undefined
  } catch {
    return undefined
  }
}
