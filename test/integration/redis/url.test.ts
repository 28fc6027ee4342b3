import { describe } from 'vitest'
import { testsOfUrl } from './by-url.ts'

describe('a shared tier by a URL, with ioredis 6', () => {
  testsOfUrl()
})
