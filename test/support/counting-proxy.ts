import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * Stands between clients and a server, and counts round trips on the wire: a client that sends, after the server has
 * answered what it sent before, begins a new one.
 */
export class CountingProxy implements AsyncDisposable {
  readonly port: number
  readonly #stop: () => Promise<void>
  readonly #trips: readonly Trips[]

  private constructor(port: number, trips: readonly Trips[], stop: () => Promise<void>) {
    this.port = port
    this.#trips = trips
    this.#stop = stop
  }

  static async start(target: number): Promise<CountingProxy> {
    const trips: Trips[] = []
    const sockets = new Set<Socket>()
    const server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1')
      const trip = { count: 0, isSubscriber: false }
      trips.push(trip)
      let isAnswered = true
      client.on('data', (data) => {
        if (data.toString('latin1').toLowerCase().includes('subscribe')) trip.isSubscriber = true
        if (isAnswered) trip.count += 1
        isAnswered = false
        upstream.write(data)
      })
      upstream.on('data', (data) => {
        isAnswered = true
        client.write(data)
      })
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new CountingProxy((server.address() as AddressInfo).port, trips, async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    })
  }

  /** Round trips so far of connections that do not listen for messages. */
  get roundTrips(): number {
    return this.#trips
      .filter(({ isSubscriber }) => !isSubscriber)
      .reduce((sum, { count }) => sum + count, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stop()
  }
}

/** Of one connection. */
interface Trips {
  count: number
  isSubscriber: boolean
}
