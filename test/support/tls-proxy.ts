import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { freePort } from './free-port.ts'

export const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** Stands before a server that has no TLS of its own: on a free port of the loopback, with a certificate of its own. */
export class TlsProxy implements AsyncDisposable {
  readonly port: number
  /** What a client has to trust. */
  readonly ca: string
  /** How many connections came. */
  connections = 0
  readonly #server
  readonly #sockets = new Set<Socket>()

  private constructor(port: number, target: number, key: string, certificate: string) {
    this.ca = certificate
    this.#server = createServer({ key, cert: certificate }, (client) => {
      this.connections += 1
      const upstream = connect(target, '127.0.0.1')
      for (const socket of [client, upstream]) {
        this.#sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          client.destroy()
          upstream.destroy()
        })
      }
      client.pipe(upstream).pipe(client)
    })
    // Whoever speaks no TLS is sent away.
    this.#server.on('tlsClientError', () => {})
    this.port = port
  }

  static async start(target: number): Promise<TlsProxy> {
    const proxy = new TlsProxy(await freePort(), target, ...makeCertificate())
    proxy.#server.listen(proxy.port, '127.0.0.1')
    await once(proxy.#server, 'listening')
    return proxy
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

function makeCertificate(): [key: string, certificate: string] {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-tls-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')]
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const name = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    const files = ['-keyout', key, '-out', certificate, '-days', '1']
    const { status, stderr } = spawnSync('openssl', ['req', '-x509', ...curve, ...name, ...files])
    if (status !== 0) throw new Error(`openssl made no certificate:\n${stderr.toString()}`)
    return [readFileSync(key, 'utf8'), readFileSync(certificate, 'utf8')]
  } finally {
    rmSync(folder, { recursive: true })
  }
}
