import { TidemarkError } from '@tidemark/core'
import { Redis } from 'ioredis'

const EXPECTED = 'a URL such as redis://user:password@localhost:6379/0, or rediss:// for TLS'

/**
 * A client for the server at a URL, which connects when it is first used. Whoever makes it closes it.
 *
 * @throws TidemarkError `INVALID_OPTION`, which never shows the URL: it may hold a password
 */
export function clientOfUrl(text: string | URL): Redis {
  const client = new Redis({ ...optionsOfUrl(text), lazyConnect: true })
  // `cache.health()` tells. Without a listener ioredis would write to the console.
  client.on('error', () => {})
  return client
}

function optionsOfUrl(text: string | URL) {
  const url = URL.parse(text)
  if (!url) throw refused('text that is no URL')
  const { protocol, hostname, port, pathname, search, hash } = url
  if (protocol !== 'redis:' && protocol !== 'rediss:') {
    throw refused(`one that begins with ${JSON.stringify(protocol)}`)
  }
  if (hostname === '') throw refused('one without a host')
  if (search !== '' || hash !== '') {
    throw refused(
      `one with ${search === '' ? 'a fragment' : 'parameters'} (for more, make a client)`,
    )
  }
  const db = /^\/?$/.test(pathname) ? 0 : /^\/(\d{1,5})$/.exec(pathname)?.[1]
  if (db === undefined) throw refused('one whose path is no number of a database')
  return {
    // An IPv6 address stands in brackets.
    host: decode(hostname).replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 6379 : Number(port),
    db: Number(db),
    ...(url.username !== '' && { username: decode(url.username) }),
    ...(url.password !== '' && { password: decode(url.password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw refused('one with a % that encodes no character (%25 is a %)')
  }
}

function refused(got: string): TidemarkError {
  return new TidemarkError('INVALID_OPTION', `redisTier: expected ${EXPECTED}, got ${got}`)
}
