import { physicalTable } from '@tidemark/core'
import { describe, expect, it } from 'vitest'

describe('the name of a table', () => {
  it('is without the default schema, in whatever letters it is written', () => {
    expect(physicalTable('person', undefined, 'public')).toBe('person')
    expect(physicalTable('person', 'Public', 'public')).toBe('person')
    expect(physicalTable('person', 'audit', 'public')).toBe('audit.person')
  })

  it('is without any schema where the default is not known: `shop.person` may be `person`', () => {
    expect(physicalTable('person', 'shop', undefined)).toBe('person')
  })
})
