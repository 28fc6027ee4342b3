// What the codecs of `@tidemark/redis` cost, and how large their entries are, on rows of the demo's data as PostgreSQL
// gives them. One interleaved run; the ratios are what is to be read.
import { createTidemark } from '@tidemark/core'
import { withCache } from '@tidemark/kysely'
import { withCache as withPrismaCache } from '@tidemark/prisma'
import { Encryption, EntryCodec, msgpackCodec, superjsonCodec } from '@tidemark/redis'
import Table from 'cli-table3'
import { loadDataset } from '../examples/demo/load-dataset.ts'
import { openDatabase } from '../examples/demo/open-database.ts'
import { readDataset } from '../examples/demo/read-dataset.ts'
import { each, measure } from './measure.ts'

const { kysely, prisma, close } = await openDatabase()
await loadDataset(kysely, await readDataset())
const cache = createTidemark()
withCache(kysely, cache)
withPrismaCache(prisma, cache)
const { valueTypes } = cache.engine

const films = (ids: number) => kysely.selectFrom('films').selectAll().where('id', '<=', ids)
// Twenty columns: numbers, text, a date, bigints, a decimal, many of them null.
const results: Record<string, unknown> = {
  'Kysely, 1 film': await films(1).execute(),
  'Kysely, 100 films': await films(100).execute(),
  'Kysely, 1000 films': await films(1000).execute(),
  'Prisma, 1 film': await prisma.film.findMany({
    take: 1,
    include: { director: true, genre: true },
  }),
  'Prisma, 100 films': await prisma.film.findMany({
    take: 100,
    include: { director: true, genre: true },
  }),
  'Prisma, 100 airports': await prisma.airport.findMany({ take: 100 }),
}

const limits = { valueTypes, maxBytes: 10_000_000 }
const secret = new Uint8Array(32).fill(1)
const encryption = new Encryption({ keys: [{ id: 'a', key: secret }] })
const variants = {
  msgpack: new EntryCodec({ ...limits, codec: msgpackCodec, compressAbove: Infinity }),
  superjson: new EntryCodec({ ...limits, codec: superjsonCodec, compressAbove: Infinity }),
  compressed: new EntryCodec({ ...limits, codec: msgpackCodec, compressAbove: 0 }),
  encrypted: new EntryCodec({
    ...limits,
    codec: msgpackCodec,
    compressAbove: Infinity,
    encryption,
  }),
}
type Variant = keyof typeof variants

const [name, key] = ['tidemark:entry', 'select * from films']
const facts = {
  tokens: ['0123456789abcdef0123456789abcdef', 'fedcba9876543210fedcba9876543210'],
  tags: ['*', 'table:films'],
  ...{ createdAt: 0, ttlMs: 1, keepMs: 1, loadMs: 1 },
}
const table = new Table({
  head: ['entry', 'msgpack', 'bytes', 'superjson ÷ msgpack', 'zstd', 'AES-GCM'],
  colAligns: ['left', 'right', 'right', 'right', 'right', 'right'],
  style: { head: [], border: [] },
})
for (const [what, rows] of Object.entries(results)) {
  const sealed = Object.fromEntries(
    Object.entries(variants).map(([variant, codec]) => [variant, seal(codec, rows)]),
  ) as Record<Variant, Buffer>
  const us = await measure(
    Object.fromEntries(
      Object.entries(variants).flatMap(([variant, codec]) => [
        [`write ${variant}`, each(() => codec.seal(name, key, facts, rows))],
        [`read ${variant}`, each(() => open(codec, sealed[variant as Variant]))],
      ]),
    ),
    { rounds: 41, turnMs: 10, result: 'least' },
  )
  for (const step of ['write', 'read']) {
    const of = (variant: Variant) => us[`${step} ${variant}`]!
    const ratio = (variant: Variant) => (of(variant) / of('msgpack')).toFixed(2)
    table.push([
      `${step}: ${what}`,
      `${of('msgpack').toFixed(1)} µs`,
      sealed.msgpack.length,
      ratio('superjson'),
      ratio('compressed'),
      ratio('encrypted'),
    ])
  }
  const size = (variant: Variant) => (sealed[variant].length / sealed.msgpack.length).toFixed(2)
  table.push([`size: ${what}`, '', '', size('superjson'), size('compressed'), size('encrypted')])
}
console.log(table.toString())
console.log('Each figure of the last three columns is divided by that of msgpack.')
await cache.close()
await close()

function seal(codec: EntryCodec, rows: unknown): Buffer {
  const sealed = codec.seal(name, key, facts, rows)
  if (sealed.state === 'refused') throw new Error(sealed.reason)
  return sealed.bytes
}

function open(codec: EntryCodec, bytes: Buffer): unknown {
  const opened = codec.open(name, key, bytes)
  const decoding = opened.state === 'opened' ? opened.value() : undefined
  if (decoding?.state !== 'decoded') throw new Error('unreadable')
  return decoding.value
}
