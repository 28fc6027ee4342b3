import type { WriteReach } from '@tidemark/core'
import { describe, expect, it } from 'vitest'
import { buildDataModel } from '../../../packages/prisma/src/data-model.ts'
import { tablesOfRead, tablesOfWrite } from '../../../packages/prisma/src/tables-of-operation.ts'
import { dataModel, runtimeModels } from './models.ts'

type Case = [operation: string, args: unknown, tables: string]

const reads: Case[] = [
  ['Film.findMany', undefined, 'films'],
  ['Film.findMany', { select: { title: true } }, 'films'],
  ['Film.findMany', { where: { title: 'genre' }, take: 3 }, 'films'],
  ['Film.findMany', { include: { genre: true } }, 'films genres'],
  ['Film.findMany', { include: { genre: false, director: undefined } }, 'films'],
  ['Film.findMany', { include: { likedBy: true } }, '_Favourites films viewers'],
  [
    'Film.findMany',
    { select: { likedBy: { select: { name: true } } } },
    '_Favourites films viewers',
  ],
  ['Film.findMany', { where: { sequelOf: { title: 'x' } } }, 'films'],
  ['Film.findMany', { where: { reviews: { some: { stars: 1 } } } }, 'films reviews'],
  ['Film.findMany', { where: { NOT: [{ genre: { is: null } }] } }, 'films genres'],
  [
    'Film.findMany',
    { where: { OR: [{ id: 1 }, { AND: { director: { profile: { biography: 'x' } } } }] } },
    'director_profiles directors films',
  ],
  ['Film.findMany', { orderBy: { genre: { name: 'asc' } } }, 'films genres'],
  ['Film.findMany', { orderBy: [{ reviews: { _count: 'desc' } }] }, 'films reviews'],
  ['Film.findMany', { include: { _count: { select: { reviews: true } } } }, 'films reviews'],
  [
    'Film.findMany',
    { select: { _count: { select: { likedBy: { where: { reviews: { none: {} } } } } } } },
    '_Favourites films reviews viewers',
  ],
  [
    'Film.findMany',
    { include: { _count: true } },
    '_Favourites directors distributors films genres reviews viewers',
  ],
  ['Film.aggregate', { _count: true, where: { genre: { name: 'x' } } }, 'films genres'],
  ['Film.groupBy', { by: ['genreId'], _count: true, having: { id: { _avg: { gt: 1 } } } }, 'films'],
  ['Film.count', { select: { _all: true } }, 'films'],
  ['Viewer.findMany', { include: { followers: true } }, '_Follows viewers'],
  ['Route.findMany', { include: { origin: true } }, 'airports routes'],
  ['Film.findMany', { where: { details: { equals: { genre: { name: 1 } } } } }, 'films'],
  ['Nothing.findMany', {}, 'unknown'],
]

const filmDeleted = '_Favourites films review_votes reviews'
const filmIdChanged = '_Favourites films reviews'

const writes: Case[] = [
  ['Film.create', { data: { title: 'x' } }, 'films'],
  ['Film.create', { data: { id: 1, title: 'x' } }, 'films'],
  ['Film.createMany', { data: [{ title: 'x' }, { title: 'y' }] }, 'films'],
  ['Film.update', { where: { genre: { name: 'x' } }, data: { title: 'x' } }, 'films'],
  ['Film.update', { where: {}, data: { title: 'x' }, include: { genre: true } }, 'films'],
  ['Film.update', { where: {}, data: { id: 2 } }, filmIdChanged],
  ['Film.updateMany', { data: { id: { increment: 1 } } }, filmIdChanged],
  ['Film.upsert', { where: {}, create: { id: 1 }, update: { title: 'x' } }, 'films'],
  ['Film.upsert', { where: {}, create: {}, update: { id: 2 } }, filmIdChanged],
  ['Film.delete', { where: { id: 1 } }, filmDeleted],
  ['Film.deleteMany', undefined, filmDeleted],
  ['Review.delete', { where: { id: 1 } }, 'review_votes reviews'],
  ['Director.delete', { where: { id: 1 } }, 'director_profiles directors films'],
  ['Genre.delete', { where: { id: 1 } }, 'films genres'],
  ['Airport.update', { where: {}, data: { iata: 'x' } }, 'airports routes'],
  ['Airport.update', { where: {}, data: { name: 'x' } }, 'airports'],
  ['Film.create', { data: { genre: { create: { name: 'x' } } } }, 'films genres'],
  ['Film.create', { data: { genre: { connect: { id: 1 } } } }, 'films'],
  [
    'Film.create',
    { data: { genre: { connectOrCreate: { where: {}, create: {} } } } },
    'films genres',
  ],
  ['Film.update', { where: {}, data: { genre: { disconnect: true } } }, 'films'],
  ['Genre.update', { where: {}, data: { films: { connect: { id: 1 } } } }, 'films genres'],
  ['Genre.update', { where: {}, data: { films: { set: [] } } }, 'films genres'],
  [
    'Genre.update',
    { where: {}, data: { films: { update: { where: { id: 1 }, data: { id: 2 } } } } },
    filmIdChanged.replace('films', 'films genres'),
  ],
  [
    'Genre.update',
    { where: {}, data: { films: { deleteMany: {} } } },
    '_Favourites films genres review_votes reviews',
  ],
  ['Film.update', { where: {}, data: { likedBy: { connect: { id: 'x' } } } }, '_Favourites films'],
  ['Film.update', { where: {}, data: { likedBy: { set: [] } } }, '_Favourites films'],
  ['Film.update', { where: {}, data: { likedBy: { create: {} } } }, '_Favourites films viewers'],
  ['Viewer.update', { where: {}, data: { following: { disconnect: [] } } }, '_Follows viewers'],
  ['Film.update', { where: {}, data: { sequels: { connect: { id: 2 } } } }, 'films'],
  ['Film.update', { where: {}, data: { details: { genre: { create: {} } } } }, 'films'],
  [
    'Director.create',
    { data: { films: { create: [{ reviews: { create: { votes: { createMany: {} } } } }] } } },
    'directors films review_votes reviews',
  ],
  ['Nothing.delete', {}, 'unknown'],
]

function show(found: readonly string[] | WriteReach | 'unknown'): string {
  const tables = typeof found === 'object' && 'tables' in found ? found.tables : found
  return tables === 'unknown' ? tables : tables.join(' ')
}

describe('the tables that an operation reads', () => {
  it.each(reads)('%s(%j): %s', (operation, args, tables) => {
    const [model = '', action = ''] = operation.split('.')
    expect(show(tablesOfRead(dataModel, model, action, args))).toBe(tables)
  })
})

describe('the tables that an operation writes', () => {
  it.each(writes)('%s(%j): %s', (operation, args, tables) => {
    const [model = '', action = ''] = operation.split('.')
    expect(show(tablesOfWrite(dataModel, model, action, args))).toBe(tables)
  })
})

describe('fields that bear the name of an argument', () => {
  const models = runtimeModels({
    Event: {
      id: 'Int',
      data: 'Json',
      where: 'Place via EventToPlace',
      ownerId: 'Int',
      owner: 'User via Owned',
    },
    Place: { id: 'Int', create: 'User via Makers', events: 'Event via EventToPlace' },
    User: { id: 'Int', events: 'Event via Owned', places: 'Place via Makers' },
  })
  const schema = `
    model Event {
      id Int @id
      data Json
      where Place @relation(fields: [id], references: [id])
      ownerId Int
      owner User @relation("Owned", fields: [ownerId], references: [id])
    }
    model Place { 
      id Int @id
      create User @relation("Makers", fields: [id], references: [id])
      events Event[]
    }
    model User {
      id Int @id
      events Event[] @relation("Owned")
      places Place[] @relation("Makers")
    }`
  const model = buildDataModel({ models, schema }, undefined)

  it.each([
    [{ data: { data: {}, owner: { create: {} } } }, 'events users'],
    [{ data: { where: { create: { create: { create: {} } } } } }, 'events places users'],
  ])('are taken for both: %j', (args, tables) => {
    expect(show(tablesOfWrite(model, 'Event', 'create', args))).toBe(tables)
  })

  it('are read as both', () => {
    const args = { where: { where: { create: { id: 1 } } } }
    expect(show(tablesOfRead(model, 'Event', 'findMany', args))).toBe('events places users')
  })
})

describe('without the text of the schema', () => {
  const models = runtimeModels({
    Post: { id: 'Int', author: 'User via Wrote', tags: 'Tag via PostToTag' },
    User: { id: 'Int', posts: 'Post via Wrote' },
    Tag: { id: 'Int', posts: 'Post via PostToTag' },
  })
  const model = buildDataModel({ models, schema: '' }, undefined)
  const everything = '_PostToTag _Wrote posts tags users'

  it('a delete may change everything that is related', () => {
    expect(show(tablesOfWrite(model, 'User', 'delete', {}))).toBe(everything)
  })

  it('so may an update of any field', () => {
    expect(show(tablesOfWrite(model, 'User', 'update', { data: { id: 1 } }))).toBe(everything)
  })

  it('a relation may go through a join table, and a link may change the other side', () => {
    const args = { data: { author: { connect: { id: 1 } } } }
    expect(show(tablesOfWrite(model, 'Post', 'create', args))).toContain('_Wrote')
    expect(show(tablesOfWrite(model, 'Post', 'create', args))).toContain('users')
    expect(show(tablesOfRead(model, 'Post', 'findMany', { include: { author: true } }))).toBe(
      '_Wrote posts users',
    )
  })
})

describe('names', () => {
  const models = runtimeModels(
    { A: { id: 'Int', bs: 'B via AToB' }, B: { id: 'Int', as: 'A via AToB' } },
    { A: 'audit', B: 'public' },
  )
  const schema = `
    model A {
      id Int @id
      bs B[]
    }
    view B {
      id Int @id
      as A[]
    }`

  it('have their schema where it is not the default one', () => {
    const model = buildDataModel({ models, schema: schema.replace('view', 'model') }, 'public')
    expect(show(tablesOfRead(model, 'A', 'findMany', { include: { bs: true } }))).toBe(
      'audit._AToB audit.as bs',
    )
  })

  it('of a view say nothing of the tables below it', () => {
    const model = buildDataModel({ models, schema }, 'public')
    expect(show(tablesOfRead(model, 'B', 'findMany', {}))).toBe('unknown')
    expect(show(tablesOfRead(model, 'A', 'findMany', { where: { bs: { some: {} } } }))).toBe(
      'unknown',
    )
  })
})
