import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run-command.mjs'

/**
 * The domain is written once, for PostgreSQL. These are the databases that the tests know beside it, and what to write
 * there instead.
 * @type {Readonly<Record<string, readonly (readonly [RegExp, string])[]>>}
 */
const substitutions = {
  mysql: [
    [/@db\.Uuid/g, '@db.Char(36)'],
    [/@db\.Timestamptz/g, '@db.DateTime'],
  ],
  sqlite: [[/ @db\.\w+(\([^)]*\))?/g, '']],
}

/** @returns {readonly string[]} the files, in relation to the root; each generates a client beside it */
export function derivePrismaSchemas() {
  const original = readFileSync(join(root, 'prisma', 'schema.prisma'), 'utf8')
  return Object.entries(substitutions).map(([provider, own]) => {
    const file = join('prisma', 'derived', provider, 'schema.prisma')
    mkdirSync(join(root, 'prisma', 'derived', provider), { recursive: true })
    writeFileSync(join(root, file), derive(original, provider, own))
    return file
  })
}

/**
 * @param {string} schema
 * @param {string} provider
 * @param {readonly (readonly [RegExp, string])[]} own
 */
function derive(schema, provider, own) {
  const all = [
    [/^\/\/.*\n/gm, ''],
    [/^/, '// Made from ../../schema.prisma by tools/setup/derive-prisma-schemas.mjs.\n'],
    [/provider = "postgresql"/, `provider = "${provider}"`],
    [/output( *)= "generated"/, 'output$1= "client"'],
    // Lists of scalars are PostgreSQL's.
    [/^.*\bString\[\].*\n/gm, ''],
    ...own,
  ]
  return all.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), schema)
}
