import { describe, vi } from 'vitest'
import { testsOfUrl } from './by-url.ts'

vi.mock('ioredis', () => import('ioredis-5'))

describe('a shared tier by a URL, with ioredis 5.3', () => {
  testsOfUrl()
})
