// What Tidemark costs, each figure beside what it is divided by and the target that was set for it. Times differ from
// machine to machine and from moment to moment; the ratios are what is to be read. --quick only shows that it runs.
import { parseArgs } from 'node:util'
import { loadDataset } from '../examples/demo/load-dataset.ts'
import { openDatabase } from '../examples/demo/open-database.ts'
import { readDataset } from '../examples/demo/read-dataset.ts'
import { benchInvalidation } from './invalidation.ts'
import { benchMemory } from './memory.ts'
import { benchPostgres } from './postgres.ts'
import { benchRedis } from './redis.ts'

const { quick } = parseArgs({ options: { quick: { type: 'boolean', default: false } } }).values
const options = quick ? { rounds: 1, turnMs: 1 } : {}

const database = await openDatabase()
await loadDataset(database.kysely, await readDataset())
await benchMemory(database, options)
await benchPostgres(options)
await benchRedis(database, options)
await benchInvalidation(quick ? { rounds: 1, many: 100 } : {})
await database.close()
if (quick) console.log('\nA quick run: these figures mean nothing.')
