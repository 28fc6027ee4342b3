// Runs the tests of the Prisma adapter on another version of Prisma than the workspace's own: by default on the oldest
// that the package allows as a peer. Each is installed in a temporary folder, and its own generator makes the clients.
// `node test/packages/prisma-versions.mjs 7.4.0 test/integration/prisma/values.test.ts` runs those tests on that version.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { devDependencies, overrides } = readJson(join(root, 'package.json'))
const allowed = readJson(join(root, 'packages/prisma/package.json')).peerDependencies
const oldest = /^\^(\d+\.\d+\.\d+)$/.exec(allowed['@prisma/client'])?.[1]
if (!oldest) throw new Error('expected the peer dependency @prisma/client to be like "^7.0.0"')

// What each version must pass: every internal that is used, each kind of transaction, and what extensions do.
const core = [
  ...['unit/prisma', 'integration/prisma/extensions', 'integration/prisma/hazards'],
  ...['integration/prisma/transactions', 'integration/prisma/values'],
].map((path) => `test/${path}`)

const [version = oldest, ...given] = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'tidemark-prisma-'))
try {
  install()
  for (const schema of ['schema.prisma', ...['mysql', 'sqlite'].map(derived)]) generate(schema)
  compile()
  test()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function install() {
  const names = Object.keys(devDependencies).filter((name) => /^prisma$|^@prisma\//.test(name))
  writeJson(join(folder, 'package.json'), {
    ...{ private: true, type: 'module', overrides },
    dependencies: Object.fromEntries(names.map((name) => [name, version])),
  })
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  must('npm', args, { cwd: folder })
}

/** @param {string} provider */
function derived(provider) {
  return join('derived', provider, 'schema.prisma')
}

/** @param {string} schema */
function generate(schema) {
  cpSync(join(root, 'prisma', schema), join(folder, 'prisma', schema))
  const prisma = join(folder, 'node_modules', 'prisma', 'build', 'index.js')
  must(process.execPath, [prisma, 'generate', `--schema=${join('prisma', schema)}`], {
    cwd: folder,
    // See tools/setup/generate-prisma-client.mjs.
    env: { ...process.env, PRISMA_SCHEMA_ENGINE_BINARY: process.execPath, CHECKPOINT_DISABLE: '1' },
  })
}

/** The types of a cached client rest on types of Prisma's runtime. */
function compile() {
  cpSync(join(root, 'test/types/prisma.test-d.ts'), join(folder, 'test/types/prisma.test-d.ts'))
  const own = (/** @type {string} */ name) => [join(folder, 'node_modules/@prisma', name)]
  const ours = (/** @type {string} */ name) => [join(root, 'packages', name, 'src/index.ts')]
  writeJson(join(folder, 'tsconfig.json'), {
    extends: join(root, 'test/types/tsconfig.json'),
    compilerOptions: {
      ...{ rootDir: '/', composite: false, typeRoots: [join(root, 'node_modules/@types')] },
      paths: {
        '@prisma/client/runtime/client': own('client/runtime/client.d.ts'),
        '@tidemark/core': ours('core'),
        '@tidemark/prisma': ours('prisma'),
        '@tidemark/sql': ours('sql'),
        vitest: [join(root, 'node_modules/vitest/dist/index.d.ts')],
      },
    },
    include: ['test/types'],
  })
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  must(process.execPath, [tsc, '-p', folder, '--pretty', 'false'], { cwd: folder })
}

function test() {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
  const output = must(process.execPath, [vitest, 'run', ...(given.length > 0 ? given : core)], {
    cwd: root,
    env: { ...process.env, TIDEMARK_PRISMA_FOLDER: folder },
  })
  console.log(`Prisma ${version}:\n${output.trim().split('\n').slice(-5).join('\n')}`)
}

/**
 * Runs a command and answers with what it printed; ends the script with all its output if it fails.
 * @param {string} command @param {readonly string[]} args @param {import('node:child_process').SpawnSyncOptions} options
 */
function must(command, args, options) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    ...{ encoding: 'utf8', maxBuffer: Infinity },
    ...options,
  })
  if (status === 0) return stdout
  throw new Error(
    `${command} ${args.join(' ')} failed: ${error?.message ?? `status ${status ?? signal}`}\n${stdout}${stderr}`,
  )
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** @param {string} file @param {unknown} value */
function writeJson(file, value) {
  writeFileSync(file, JSON.stringify(value, null, 2))
}
