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

/**
 * @typedef {object} Source
 * @property {string} schema
 * @property {string} folder of what is made of it, in front of the name of the database
 * @property {readonly string[]} providers
 */
/** @type {readonly Source[]} */
const sources = [
  { schema: 'schema.prisma', folder: '', providers: ['mysql', 'sqlite'] },
  {
    ...{ schema: 'features/schema.prisma', folder: 'features-' },
    providers: ['postgresql', 'mysql', 'sqlite'],
  },
]

export const derivedFolders = sources.flatMap(({ folder, providers }) =>
  providers.map((provider) => `derived/${folder}${provider}`),
)

/** @returns {readonly string[]} the files, in relation to the root; each generates a client beside it */
export function derivePrismaSchemas() {
  return sources.flatMap(({ schema, folder, providers }) => {
    const original = readFileSync(join(root, 'prisma', schema), 'utf8')
    return providers.map((provider) => {
      const target = join('prisma', 'derived', folder + provider)
      mkdirSync(join(root, target), { recursive: true })
      const file = join(target, 'schema.prisma')
      writeFileSync(join(root, file), derive(original, provider, schema))
      return file
    })
  })
}

/**
 * @param {string} original
 * @param {string} provider
 * @param {string} name of the original
 */
function derive(original, provider, name) {
  const all = [
    // `// only mysql`, lines, `// end`
    [
      /^ *\/\/ only (\w+)\n([^]*?)^ *\/\/ end\n/gm,
      (_, only, lines) => (only === provider ? lines : ''),
    ],
    [/^\/\/.*\n/gm, ''],
    [/^/, `// Made from ../../${name} by tools/setup/derive-prisma-schemas.mjs.\n`],
    [/provider = "postgresql"/, `provider = "${provider}"`],
    [/output( *)= "generated"/, 'output$1= "client"'],
    ...(provider === 'postgresql' ? [] : notPostgres),
    ...(substitutions[provider] ?? []),
  ]
  return all.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), original)
}

/** @type {readonly (readonly [RegExp, string])[]} */
const notPostgres = [
  // Lists of scalars, and several schemas.
  [/^ +\w+ +(?:String|Int|BigInt|Decimal|DateTime|Json|Role)\[\].*\n/gm, ''],
  [/"fullTextSearchPostgres", /, ''],
  [/^ +(?:@@schema\(|schemas +=).*\n/gm, ''],
]
