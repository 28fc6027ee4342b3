/**
 * What the schema says of a relation and Prisma's runtime does not: who holds the foreign key, and what
 * the database does to its rows when the row it refers to goes or changes.
 */
export interface SchemaField {
  readonly isList: boolean
  readonly isOptional: boolean
  readonly isId: boolean
  /** The columns of the foreign key, on the side that holds it. */
  readonly foreignKey: readonly string[]
  /** The fields of the other model that it refers to. */
  readonly references: readonly string[]
  readonly onDelete: string | undefined
  readonly onUpdate: string | undefined
}

export interface SchemaModel {
  readonly isView: boolean
  readonly id: readonly string[]
  /** What `where` calls the id, where that is of several fields. */
  readonly idName: string | undefined
  readonly fields: ReadonlyMap<string, SchemaField>
}

/**
 * Reads models and their fields out of the text of schema.prisma.
 *
 * Not a parser of the whole language, which is several megabytes of WebAssembly: the client was generated
 * from this text, so it is known to be valid, and only blocks, fields, `@id` and `@relation` matter. What
 * is not found here is treated as unknown, and unknown is treated as "may cascade anywhere".
 */
export function readSchema(text: string): ReadonlyMap<string, SchemaModel> {
  const models = new Map<string, SchemaModel>()
  const blocks = withoutCommentsAndStrings(text).matchAll(
    /^[ \t]*(model|view)\s+([A-Za-z][\w-]*)\s*\{([^}]*)\}/gm,
  )
  for (const [, keyword = '', name = '', body = ''] of blocks) {
    models.set(name, readModel(keyword === 'view', body))
  }
  return models
}

export function withoutComments(text: string): string {
  return text.replace(STRINGS_AND_COMMENTS, (match) => (match.startsWith('"') ? match : ' '))
}

const STRINGS_AND_COMMENTS = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** Neither braces in a string nor a commented-out field may look like structure. A string that is one name cannot. */
function withoutCommentsAndStrings(text: string): string {
  return text.replace(STRINGS_AND_COMMENTS, (match) => {
    if (!match.startsWith('"')) return ' '
    return /^"\w+"$/.test(match) ? match : '""'
  })
}

function readModel(isView: boolean, body: string): SchemaModel {
  const fields = new Map<string, SchemaField>()
  let id: readonly string[] = []
  let idName: string | undefined
  for (const statement of statements(body)) {
    const [, compound] = /^@@id\s*\((.*)\)/s.exec(statement) ?? []
    if (compound !== undefined) {
      id = names(/\[([^\]]*)\]/.exec(compound)?.[1]?.replaceAll(/\([^)]*\)/g, ''))
      idName = /\bname\s*:\s*"(\w+)"/.exec(compound)?.[1] ?? id.join('_')
    }
    const [, name, modifier = '', attributes = ''] =
      /^([A-Za-z][\w-]*)\s+[A-Za-z][\w-]*(\[\]|\?)?(.*)$/s.exec(statement) ?? []
    if (name === undefined) continue
    const field = readField(modifier, attributes)
    if (field.isId) id = [name]
    fields.set(name, field)
  }
  return { isView, id, idName, fields }
}

/** The lines of a block, those joined that a parenthesis keeps open. */
function statements(body: string): readonly string[] {
  const found: string[] = []
  let open = ''
  for (const line of body.split('\n')) {
    open = open === '' ? line.trim() : `${open} ${line.trim()}`
    if (count(open, '(') > count(open, ')')) continue
    if (open !== '') found.push(open)
    open = ''
  }
  return found
}

function readField(modifier: string, attributes: string): SchemaField {
  const relation = /@relation\s*\(([^)]*)\)/.exec(attributes)?.[1] ?? ''
  return {
    isList: modifier === '[]',
    isOptional: modifier === '?',
    isId: /(^|\s)@id\b/.test(attributes),
    foreignKey: names(/\bfields\s*:\s*\[([^\]]*)\]/.exec(relation)?.[1]),
    references: names(/\breferences\s*:\s*\[([^\]]*)\]/.exec(relation)?.[1]),
    onDelete: /\bonDelete\s*:\s*(\w+)/.exec(relation)?.[1],
    onUpdate: /\bonUpdate\s*:\s*(\w+)/.exec(relation)?.[1],
  }
}

function names(list = ''): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

function count(text: string, character: string): number {
  return text.split(character).length - 1
}
