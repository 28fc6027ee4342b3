import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { derivedFolders, derivePrismaSchemas } from './derive-prisma-schemas.mjs'
import { pathOutsideCheckout, root, runCommand, say, SetupError } from './run-command.mjs'

const stamp = join(root, 'node_modules', '.cache', 'tidemark', 'prisma-client.sha256')
const outputs = ['generated', ...derivedFolders.map((folder) => `${folder}/client`)]
// What the generated clients depend on: the schema and what is derived from it, how the CLI is configured, and its version.
const inputs = [
  'prisma/schema.prisma',
  'prisma/features/schema.prisma',
  'tools/setup/derive-prisma-schemas.mjs',
  'prisma.config.ts',
  'prisma/prisma.config.ts',
  'node_modules/prisma/package.json',
]

/** Runs `prisma generate` for each database when the schema is newer than the generated clients. */
export function generatePrismaClients() {
  if (!existsSync(join(root, 'prisma', 'schema.prisma'))) return
  const hash = hashOf(inputs)
  if (hash === readStamp() && outputs.every(isGenerated)) return
  say('generating the Prisma clients')
  rmSync(stamp, { force: true })
  const schemas = ['prisma/schema.prisma', ...derivePrismaSchemas()]
  if (!schemas.every(generate))
    throw new SetupError('prisma generate failed; its messages are above.')
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, hash)
}

/** @param {string} output */
function isGenerated(output) {
  const folder = join(root, 'prisma', output)
  return existsSync(folder) && readdirSync(folder).length > 0
}

/** @param {string} schema */
function generate(schema) {
  const bin = join(root, 'node_modules', '.bin')
  return runCommand('prisma', ['generate', '--no-hints', `--schema=${schema}`], {
    PATH: bin + delimiter + pathOutsideCheckout(),
    // `generate` needs no engine, yet refuses to start before it has found one, and the download (an install script,
    // from a host that closed networks do not reach) has not happened. Any executable will do. Never do this for
    // `migrate` or `db push`: they would exit quietly having done nothing.
    PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  })
}

/** @param {readonly string[]} files */
function hashOf(files) {
  const hash = createHash('sha256')
  for (const file of files) {
    const path = join(root, file)
    hash.update(`${file}\0`)
    if (existsSync(path)) hash.update(readFileSync(path))
  }
  return hash.digest('hex')
}

function readStamp() {
  return existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined
}
