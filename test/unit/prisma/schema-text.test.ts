import { describe, expect, it } from 'vitest'
import { readSchema } from '../../../packages/prisma/src/schema-text.ts'

const schema = `
/* model Gone { id Int @id } */
generator client { provider = "prisma-client" }
enum Colour {
  Red // a { brace
}
model Order_Line { // } not the end
  orderId Int
  /// @relation(onDelete: Cascade) in a comment
  order   Order @relation("a) model X {", fields: [orderId], references: [id], onDelete: Cascade)
  parts   Part[]
  twin    Order_Line? @relation("Twins",
    fields: [twinA, twinB],
    references: [orderId, number],
    onUpdate: NoAction
  )
  number  Int @default(dbgenerated("}"))
  @@id([orderId, number])
}
  model Order {
    id    Int @id @default(autoincrement())
    lines Order_Line[]
  }
view Totals {
  id Int @unique
}
`

describe('the text of a schema', () => {
  const models = readSchema(schema)

  it('has its models and views, and nothing that is commented out', () => {
    expect([...models.keys()]).toEqual(['Order_Line', 'Order', 'Totals'])
    expect([...models.values()].map(({ isView }) => isView)).toEqual([false, false, true])
  })

  it('has their ids', () => {
    expect([...models.values()].map(({ id }) => id)).toEqual([['orderId', 'number'], ['id'], []])
  })

  it('has the names by which ids of several fields are asked for', () => {
    const named = (id: string) => {
      const { id: fields, idName } = readSchema(`model M {\n a Int\n b Int\n ${id}\n}`).get('M')!
      return [fields.join(' '), idName]
    }
    expect(named('@@id([a, b])')).toEqual(['a b', 'a_b'])
    expect(named('@@id([b, a], name: "place", map: "pk")')).toEqual(['b a', 'place'])
    expect(named('@@id(name: "place", fields: [a, b])')).toEqual(['a b', 'place'])
    expect(named('@@id([a(sort: Desc), b(length: 10)], map: "name: \\"x\\"")')).toEqual([
      'a b',
      'a_b',
    ])
    expect(models.get('Order')!.idName).toBe(undefined)
  })

  it('has their relations, whatever stands in a string and over however many lines', () => {
    const fields = models.get('Order_Line')!.fields
    expect(fields.get('order')).toMatchObject({
      foreignKey: ['orderId'],
      references: ['id'],
      onDelete: 'Cascade',
      onUpdate: undefined,
      isOptional: false,
    })
    expect(fields.get('twin')).toMatchObject({
      foreignKey: ['twinA', 'twinB'],
      references: ['orderId', 'number'],
      onUpdate: 'NoAction',
      isOptional: true,
    })
    expect(fields.get('parts')).toMatchObject({ isList: true, foreignKey: [] })
    expect([...fields.keys()]).toEqual(['orderId', 'order', 'parts', 'twin', 'number'])
  })
})
