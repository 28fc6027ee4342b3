import { AsyncLocalStorage } from 'node:async_hooks'
import { createHash } from 'node:crypto'
import { checkKeys } from '../options/check-options.ts'
import { runWithin } from '../run-within.ts'
import { EVERYTHING, type Tag } from './tags.ts'
import { invalidOption } from '../options/tidemark-error.ts'

/**
 * What some work has written, as a text that another process can be shown: a read that presents it is not served what was
 * there before.
 *
 * It travels through the hands of strangers, in a cookie or a header. So it holds no names, only hashes of them, and
 * whoever forges one gains nothing: a ticket can make a read ask, and never make it answer.
 */
export type Ticket = string

/** What some work gave, and the ticket for what it wrote. */
export interface Ticketed<T> {
  readonly result: T
  readonly ticket: Ticket
}

/** The writes of work that somebody wants a ticket for. */
export class TicketCollector {
  readonly #tags = new Set<Tag>()
  readonly #outer: TicketCollector | undefined
  #isConfirmed = true

  constructor(outer: TicketCollector | undefined) {
    this.#outer = outer
  }

  /** @param isConfirmed whether the marks of these tags have moved, or are locked, for every process */
  add(tags: readonly Tag[], isConfirmed: boolean): void {
    for (const tag of tags) this.#tags.add(tag)
    this.#isConfirmed &&= isConfirmed
    this.#outer?.add(tags, isConfirmed)
  }

  /** For what was written so far, and for what these are for. */
  ticketWith(earlier: readonly ParsedTicket[]): Ticket {
    const hashes = new Set([...this.#tags].map(hashOf))
    let isAll = this.#tags.has(EVERYTHING)
    for (const ticket of earlier) {
      if (ticket.hashes === ALL) isAll = true
      else for (const hash of ticket.hashes) hashes.add(hash)
    }
    const isConfirmed = this.#isConfirmed && earlier.every((ticket) => ticket.isConfirmed)
    const text = isAll || hashes.size > MAX_TAGS ? ALL : [...hashes].join('')
    return `${isConfirmed ? CONFIRMED : UNCONFIRMED}${text}`
  }
}

const collectors = new AsyncLocalStorage<TicketCollector | undefined>()

/** Whoever wants a ticket for the work that is being done here. */
export function currentCollector(): TicketCollector | undefined {
  return collectors.getStore()
}

/**
 * Runs something for whoever wanted a ticket where it was asked for. For adapters of a client that sends later, and
 * together, what several have asked of it.
 */
export function collectFor<T>(collector: TicketCollector | undefined, run: () => T): T {
  return collector === currentCollector() ? run() : collectors.run(collector, run)
}

export interface TicketOptions {
  /** Tickets of what was written before, for which the new one is as well: a cookie holds one. */
  readonly earlier?: Ticket | readonly Ticket[] | undefined
}

/**
 * Runs work, and gives a ticket for what it wrote.
 *
 * @throws TidemarkError `INVALID_OPTION`
 */
export async function withTicket<T>(
  work: () => PromiseLike<T> | T,
  options: TicketOptions,
): Promise<Ticketed<T>> {
  if (typeof work !== 'function') {
    throw invalidOption('withTicket', 'a function that returns a promise', work)
  }
  checkKeys('withTicket', options, ['earlier'], 'an object such as { earlier: ticket }')
  const { earlier = [] } = options
  const tickets = parseTickets('withTicket.earlier', earlier)
  const collector = new TicketCollector(currentCollector())
  const result = await runWithin(collectors, collector, work)
  return { result, ticket: collector.ticketWith(tickets) }
}

/** The tickets that a read presents. */
export class PresentedTickets {
  readonly #tickets: readonly ParsedTicket[]

  /** @throws TidemarkError `INVALID_OPTION` for what is no ticket */
  constructor(name: string, given: Ticket | readonly Ticket[]) {
    this.#tickets = parseTickets(name, given)
  }

  /**
   * What a read that depends on these tags owes to the tickets. `'nothing'`: what they are about is no matter of it.
   * `'ask'`: the shared tier must say that an entry is current. `'reload'`: the shared tier may not know of the write.
   */
  demandOn(tags: readonly Tag[]): 'nothing' | 'ask' | 'reload' {
    let demand: 'nothing' | 'ask' = 'nothing'
    for (const { hashes, isConfirmed } of this.#tickets) {
      if (hashes !== ALL && !tags.some((tag) => hashes.has(hashOf(tag)))) continue
      if (!isConfirmed) return 'reload'
      demand = 'ask'
    }
    return demand
  }
}

/**
 * Whether a text that came from outside has the form of a ticket, so that it can be given to `freshAfter`.
 *
 * @example
 * const ticket = request.cookies.ticket
 * const rows = await query.$call(cached(isTicket(ticket) ? { freshAfter: ticket } : {})).execute()
 */
export function isTicket(value: unknown): value is Ticket {
  return typeof value === 'string' && value.length <= MAX_LENGTH && FORM.test(value)
}

interface ParsedTicket {
  readonly isConfirmed: boolean
  readonly hashes: ReadonlySet<string> | typeof ALL
}

function parseTickets(name: string, given: Ticket | readonly Ticket[]): readonly ParsedTicket[] {
  if (!Array.isArray(given)) return [parseTicket(name, given)]
  return given.map((ticket, index) => parseTicket(`${name}[${index}]`, ticket))
}

function parseTicket(name: string, ticket: unknown): ParsedTicket {
  if (!isTicket(ticket)) {
    throw invalidOption(name, 'a ticket of cache.withTicket()', ticket, ' (isTicket(text) tells)')
  }
  const isConfirmed = ticket.startsWith(CONFIRMED)
  const hashes = ticket.slice(CONFIRMED.length)
  return { isConfirmed, hashes: hashes === ALL ? ALL : new Set(hashes.match(/.{8}/g)) }
}

/** Equal hashes of two tags cost a question too many. */
function hashOf(tag: Tag): string {
  return createHash('sha256').update(tag).digest('base64url').slice(0, 8)
}

const ALL = '*'
/** The number is that of the format. */
const CONFIRMED = 'tm1c.'
const UNCONFIRMED = 'tm1u.'
/** What has written more than this counts as having written everything, so that a ticket fits a cookie. */
const MAX_TAGS = 64
const MAX_LENGTH = CONFIRMED.length + 8 * MAX_TAGS
const FORM = /^tm1[cu]\.(\*|([\w-]{8})*)$/
