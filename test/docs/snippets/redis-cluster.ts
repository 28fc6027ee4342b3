// snippet: redis-cluster
import { createTidemark } from '@tidemark/core'
import { redisTier } from '@tidemark/redis'
import { Cluster } from 'ioredis'

// end
export function onCluster(startupNodes: { host: string; port: number }[], password: string) {
  // snippet: redis-cluster
  const redis = new Cluster(startupNodes, {
    redisOptions: { username: 'tidemark', password },
    // scaleReads stays 'master': a client that reads from replicas is refused
  })
  const cache = createTidemark({ namespace: 'shop', shared: redisTier(redis) })
  // end
  return { redis, cache }
}
