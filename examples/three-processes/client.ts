import { TICKET } from './api.ts'
import type { Fleet } from './fleet.ts'
import { Ledger } from './ledger.ts'

/** What the processes are configured with. */
const MAX_STALENESS_MS = 1000

/** Kinds of reads, by what they were promised. */
export type Route = 'at most 1 s behind' | 'with the ticket of a write' | 'never behind'

export interface RouteCounts {
  reads: number
  /** Showed less than was written, as far as it may. */
  behind: number
  /** Showed less than it may. */
  stale: number
}

const counts = (): RouteCounts => ({ reads: 0, behind: 0, stale: 0 })

/** Writes and reads through all processes, remembers what was acknowledged, and judges what it is shown. */
export class Client {
  readonly routes: Record<Route, RouteCounts> = {
    'at most 1 s behind': counts(),
    'with the ticket of a write': counts(),
    'never behind': counts(),
  }
  /** Of `unknown` ones nobody can say whether they took effect: their process was killed meanwhile. */
  readonly writes = { acknowledged: 0, refused: 0, unknown: 0 }
  /** Reads whose process was killed meanwhile. */
  unanswered = 0
  /** What must not happen, in words. */
  readonly failures: string[] = []
  readonly #fleet: Fleet
  readonly #ledgers = new Map<number, Ledger>()

  constructor(fleet: Fleet) {
    this.#fleet = fleet
  }

  /** The next version of a film. Only one at a time writes one film, so that versions tell which came last. */
  async write(film: number): Promise<void> {
    const ledger = this.#ledger(film)
    const version = (ledger.attempted += 1)
    const member = this.#fleet.anyone
    let response
    try {
      const body = JSON.stringify({ title: `Film ${film}, version ${version}`, version })
      const headers = { 'content-type': 'application/json' }
      response = await fetch(`${member.url}/films/${film}`, { method: 'PUT', body, headers })
    } catch {
      this.writes.unknown += 1
      return
    }
    if (response.status === 503) {
      this.writes.refused += 1
      return
    }
    if (!response.ok) {
      this.failures.push(`a write: ${response.status} ${await response.text()}`)
      return
    }
    ledger.acknowledge(version, performance.now(), member)
    this.writes.acknowledged += 1
    // Somebody who has saved a form, and is shown the next page by whichever process.
    const cookie = response.headers.get('set-cookie')!.split(';')[0]!
    if (cookie.startsWith(TICKET))
      await this.#read(film, 'with the ticket of a write', version, cookie)
  }

  async read(film: number, route: Exclude<Route, 'with the ticket of a write'>): Promise<void> {
    await this.#read(film, route)
  }

  async #read(film: number, route: Route, written = 0, cookie = ''): Promise<void> {
    const ledger = this.#ledger(film)
    const member = this.#fleet.anyone
    const { current } = ledger
    const least =
      route === 'never behind'
        ? current
        : Math.max(written, ledger.atLeast(performance.now(), member, MAX_STALENESS_MS))
    const path = route === 'never behind' ? `films/${film}/now` : `films/${film}`
    let response
    let text
    try {
      response = await fetch(`${member.url}/${path}`, { headers: { cookie } })
      text = await response.text()
    } catch {
      this.unanswered += 1
      return
    }
    const shown = response.ok ? versionIn(text) : undefined
    if (shown === undefined) {
      this.failures.push(`a read: ${response.status} ${text}`)
      return
    }
    const count = this.routes[route]
    count.reads += 1
    if (shown < least) {
      count.stale += 1
      this.failures.push(`film ${film}, ${route}: version ${shown}, where ${least} was due`)
    } else if (shown < current) count.behind += 1
    if (shown > ledger.attempted) {
      this.failures.push(`film ${film}: version ${shown}, which was never written`)
    }
    if (route === 'never behind') ledger.see(shown)
  }

  #ledger(film: number): Ledger {
    let ledger = this.#ledgers.get(film)
    if (!ledger) this.#ledgers.set(film, (ledger = new Ledger()))
    return ledger
  }
}

/** Undefined where it is no film. */
function versionIn(text: string): number | undefined {
  try {
    const { version } = JSON.parse(text) as { version: unknown }
    return typeof version === 'number' ? version : undefined
  } catch {
    return undefined
  }
}
