import { describe, expect, it } from 'vitest'
import { fingerprint } from '../../../packages/prisma/src/fingerprint.ts'
import { shapeKey } from '../../../packages/prisma/src/shape-key.ts'
import { dataModel } from './models.ts'

const film = dataModel.models.get('Film')!
const show = (args: unknown) => fingerprint('Film.x', film, args)

describe('a fingerprint', () => {
  it.each<[unknown, string]>([
    [undefined, 'Film.x()'],
    [{}, 'Film.x()'],
    [{ where: undefined, take: 3 }, 'Film.x({ take: ? })'],
    [{ where: { id: 1 } }, 'Film.x({ where: { id: ? } })'],
    [{ where: { id: { in: [1, 2] } } }, 'Film.x({ where: { id: { in: ? } } })'],
    [
      { where: { OR: [{ id: 1 }, { title: 'a' }, { id: 2 }] } },
      'Film.x({ where: { OR: [{ id: ? } | { title: ? }] } })',
    ],
    [
      { select: { title: true, poster: false, genre: { select: { name: true } } } },
      'Film.x({ select: { title, poster: false, genre: { select: { name } } } })',
    ],
    [
      { include: { reviews: { where: { votes: { some: { helpful: true } } }, take: 1 } } },
      'Film.x({ include: { reviews: { where: { votes: { some: { helpful: ? } } }, take: ? } } })',
    ],
    [
      { include: { _count: { select: { reviews: true } } } },
      'Film.x({ include: { _count: { select: { reviews } } } })',
    ],
    [{ orderBy: [{ title: 'asc' }] }, 'Film.x({ orderBy: [{ title: ? }] })'],
    [{ by: ['genreId'], _count: true }, 'Film.x({ by: ?, _count })'],
    [
      { data: { title: 'a', genre: { connect: { id: 1 } } } },
      'Film.x({ data: { title: ?, genre: { connect: { id: ? } } } })',
    ],
    [{ data: { details: { secret: { more: 1 } } } }, 'Film.x({ data: { details: ? } })'],
    [
      { where: { details: { equals: { secret: 1 } } } },
      'Film.x({ where: { details: { equals: ? } } })',
    ],
    [{ where: { details: { not: { secret: 1 } } } }, 'Film.x({ where: { details: { not: ? } } })'],
  ])('of %j', (args, text) => expect(show(args)).toBe(text))
})

describe('a shape key', () => {
  const same: [unknown, unknown][] = [
    [{ id: 1 }, { id: 2 }],
    [{ id: 1, x: undefined }, { id: new Date(0) }],
    [{ a: [{ id: 1 }, { id: 2 }] }, { a: [{ id: 3 }] }],
    [{ a: 1 }, { a: 'text' }],
  ]
  it.each(same)('is one for %j and %j', (a, b) => expect(shapeKey(a)).toBe(shapeKey(b)))

  const different: [unknown, unknown][] = [
    [{ a: 1 }, { b: 1 }],
    [{ a: true }, { a: false }],
    [{ _count: true }, { _count: 'text' }],
    [{ a: {} }, { a: 1 }],
    [{ a: 1, b: 1 }, { a: { b: 1 } }],
    [{ 'a?1:b': 1 }, { a: 1, b: 1 }],
    [{ a: [1] }, { a: 1 }],
  ]
  it.each(different)('differs for %j and %j', (a, b) => expect(shapeKey(a)).not.toBe(shapeKey(b)))
})
