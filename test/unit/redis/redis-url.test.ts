import { describe, expect, it } from 'vitest'
import { clientOfUrl } from '../../../packages/redis/src/redis-url.ts'

const optionsOf = (url: string) => {
  const { host, port, db, username, password, tls, lazyConnect } = clientOfUrl(url).options
  return { host, port, db, username, password, tls, lazyConnect }
}
const plain = { port: 6379, db: 0, username: null, password: null, lazyConnect: true }

describe('the client that a URL makes', () => {
  it.each([
    ['redis://localhost', { ...plain, host: 'localhost', tls: undefined }],
    ['redis://127.0.0.1:7000/', { ...plain, host: '127.0.0.1', port: 7000, tls: undefined }],
    ['redis://[::1]:7000/2', { ...plain, host: '::1', port: 7000, db: 2, tls: undefined }],
    ['REDISS://example.com', { ...plain, host: 'example.com', tls: {} }],
    [
      'rediss://me%40home:p%3Aw%2F%25@example.com:1/15',
      {
        ...plain,
        ...{
          host: 'example.com',
          port: 1,
          db: 15,
          username: 'me@home',
          password: 'p:w/%',
          tls: {},
        },
      },
    ],
    ['redis://:secret@h', { ...plain, host: 'h', password: 'secret', tls: undefined }],
  ])('%s', (url, options) => {
    expect(optionsOf(url)).toEqual(options)
  })
})
