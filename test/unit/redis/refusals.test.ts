import { createTidemark } from '@tidemark/core'
import { redisTier, type RedisTierOptions } from '@tidemark/redis'
import { Cluster, Redis } from 'ioredis'
import { describe } from 'vitest'
import { type Refusal, refuses, refusesEach } from '../refusals.ts'

const duration = "a duration above 0 (milliseconds, or a string such as '30s', '5m', '1d')"
const ending = 'a duration that ends (timers reach 24 days)'
const size = "a size of at least 1 byte (bytes, or a string such as '64mb')"

/** It connects to nothing. */
const client = () => new Redis({ lazyConnect: true })
const secret = new Uint8Array(32).fill(7)

describe('redisTier refuses', () => {
  const option = (message: string, options: unknown): Refusal => [
    `redisTier${message}`,
    () => redisTier(client(), options as RedisTierOptions),
  ]
  const unknown =
    'redisTier: unknown option "timeOut", expected one of timeout, breaker, heartbeat, markTtl, maxTtl, maxEntryBytes, compressAbove, codec, encryption, nameSecret (did you mean timeout?)'
  const unknownOfBreaker =
    'redisTier.breaker: unknown option "retries", expected one of failures, retry'
  const refusals: Refusal[] = [
    option(': expected an object, got "5s"', '5s'),
    option(unknown.slice('redisTier'.length), { timeOut: 5 }),
    option(`.timeout: expected ${duration}, got 0`, { timeout: 0 }),
    option(`.timeout: expected ${duration}, got "250 ms" (did you mean '250ms'?)`, {
      timeout: '250 ms',
    }),
    option(`.timeout: expected ${ending}, got "25d"`, { timeout: '25d' }),
    option(`.heartbeat: expected ${duration}, got -1`, { heartbeat: -1 }),
    option(`.heartbeat: expected ${ending}, got Infinity`, { heartbeat: Infinity }),
    option(`.markTtl: expected ${duration}, got null`, { markTtl: null }),
    option(`.markTtl: expected ${ending}, got Infinity`, { markTtl: Infinity }),
    option(`.maxTtl: expected ${duration}, got "1w" (did you mean '7d'?)`, { maxTtl: '1w' }),
    option(`.maxTtl: expected ${ending}, got Infinity`, { maxTtl: Infinity }),
    option(`.maxEntryBytes: expected ${size}, got 0`, { maxEntryBytes: 0 }),
    option(`.compressAbove: expected ${size}, got -1`, { compressAbove: -1 }),
    option('.breaker: expected an object, got 5', { breaker: 5 }),
    option(unknownOfBreaker.slice('redisTier'.length), { breaker: { retries: 1 } }),
    option('.breaker.failures: expected a whole number above 0, got 0', {
      breaker: { failures: 0 },
    }),
    option(`.breaker.retry: expected ${duration}, got "soon"`, { breaker: { retry: 'soon' } }),
    option('.codec: expected a codec such as msgpackCodec, got "msgpack"', { codec: 'msgpack' }),
    option('.codec: expected a codec such as msgpackCodec, got an object with keys [name]', {
      codec: { name: 'own' },
    }),
    option(
      '.nameSecret: expected a secret beside encryption (without it queries could be guessed by their hash), got undefined',
      { encryption: { keys: [{ id: 'a', key: secret }] } },
    ),
    option('.encryption: expected an object such as { keys: [{ id, key }] }, got true', {
      encryption: true,
      nameSecret: secret,
    }),
  ]
  refuses(refusals)
  refusesEach(unknown, 'redisTier.', refusals)
  refusesEach(unknownOfBreaker, 'redisTier.breaker.', refusals)
})

describe('redisTier refuses a client', () => {
  const by = (message: string, given: unknown): Refusal => [
    `redisTier: expected ${message}`,
    () => redisTier(given as Redis),
  ]
  const any = 'a client of ioredis (new Redis(…) or new Cluster(…)), or a URL'
  const url = 'a URL such as redis://user:password@localhost:6379/0, or rediss:// for TLS, got one'
  refuses([
    by(url.replace('one', 'text that is no URL'), 'localhost'),
    by(url.replace('one', 'text that is no URL'), ''),
    by(url.replace('one', 'text that is no URL'), 'redis://me:s3cret@host:99999'),
    by(`${url} that begins with "http:"`, 'http://me:s3cret@localhost'),
    by(`${url} that begins with "localhost:"`, 'localhost:6379'),
    by(`${url} without a host`, 'redis:///0'),
    by(`${url} with parameters (for more, make a client)`, 'redis://me:s3cret@localhost?db=1'),
    by(`${url} with a fragment (for more, make a client)`, 'redis://me:s3cret@localhost#x'),
    by(`${url} whose path is no number of a database`, 'redis://me:s3cret@localhost/shop'),
    by(`${url} whose path is no number of a database`, new URL('redis://localhost/0/1')),
    by(`${url} with a % that encodes no character (%25 is a %)`, 'redis://me:s3%cret@localhost'),
    by(`${any}, got undefined`, undefined),
    by(`${any}, got an object with keys [get]`, { get: () => null }),
    by(
      'a client of the primary (no readOnly, and no role of a replica), got an object with keys [readOnly, role]',
      new Redis({ lazyConnect: true, readOnly: true }),
    ),
    by(
      "a client that reads from primaries (scaleReads: 'master'), got an object with keys [scaleReads]",
      new Cluster([], { lazyConnect: true, scaleReads: 'slave' }),
    ),
  ])
})

describe('createTidemark refuses', () => {
  refuses([
    [
      'lease: expected at least four times the timeout of the redis tier (250 ms), so that a lock cannot end while it is being renewed, got 999',
      () => createTidemark({ shared: redisTier(client()), lease: 999 }),
    ],
  ])
})
