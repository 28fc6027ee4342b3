import { describe, expect, it } from 'vitest'
import { shareOf } from '../../../packages/redis/src/cluster-scan.ts'

const line = (flags: string, slots: string, epoch = 3) =>
  `a1 127.0.0.1:7000@17000,,shard-id=x ${flags} - 0 0 ${epoch} connected ${slots}`
const other = 'b2 127.0.0.1:7001@17001 master - 0 0 4 connected 5461-16383 [9->-c3]'

describe('what a server of a Cluster says of its slots', () => {
  it('is counted, by ranges and one by one', () => {
    const { slots, text } = shareOf(`${other}\n${line('myself,master', '0-5460 6000')}\n`)
    expect(slots).toBe(5462)
    expect(text).toBe('a1 3 0-5460 6000')
    expect(shareOf(line('myself,master', '')).slots).toBe(0)
  })

  it('differs when slots or the epoch do', () => {
    const texts = [line('myself,master', '0-1'), line('myself,master', '0-1', 4)].map(
      (nodes) => shareOf(nodes).text,
    )
    expect(new Set(texts).size).toBe(2)
  })

  it.each([
    [line('myself,slave', ''), 'expected a primary of the Cluster, got myself,slave'],
    ['', 'expected a primary of the Cluster, got no answer'],
    [line('myself,master', '0-1 [1->-b2]'), 'got one whose slots are being moved'],
    [line('myself,master', '0-1 [2-<-b2]'), 'got one whose slots are being moved'],
  ])('is not believed: %s', (nodes, message) => {
    expect(() => shareOf(nodes)).toThrow(message)
  })
})
