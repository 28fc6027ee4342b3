// Installs the packed packages in an empty project, as a user does, and there compiles and runs the program in ./consumer.
// What only a workspace makes work (a forgotten dependency, a file that is not packed, a type that is not emitted) fails
// here. It runs on the pinned Node and on the oldest that the packages allow. The packages must have been built.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { devDependencies, optionalDependencies } = readJson(join(root, 'package.json'))
// What a user has besides ours, in the workspace's own versions. (Not better-sqlite3: it crashes on Node below 22.14.)
const companions = ['kysely', '@prisma/client', '@electric-sql/pglite', '@types/node']
// The compiler of today, and the last one before it was rewritten, which many still have.
const compilers = [devDependencies.typescript, '5.9.3']

const work = mkdtempSync(join(tmpdir(), 'tidemark-pack-'))
try {
  const tarballs = pack()
  const project = createProject(tarballs)
  for (const version of compilers) compile(project, version)
  run(project, process.execPath)
  run(project, oldestNode())
} finally {
  rmSync(work, { recursive: true, force: true })
}

/** @returns {Record<string, string>} the file of each package */
function pack() {
  const folder = join(work, 'packed')
  mkdirSync(folder)
  const packed = JSON.parse(
    must('npm', ['pack', '--workspaces', '--json', `--pack-destination=${folder}`], root),
  )
  // npm 11 lists them, npm 12 names them.
  return Object.fromEntries(
    Object.values(packed).map(({ name, filename }) => [name, `file:${join(folder, filename)}`]),
  )
}

/** @param {Record<string, string>} tarballs */
function createProject(tarballs) {
  const project = join(work, 'project')
  cpSync(join(root, 'test/packages/consumer'), project, { recursive: true })
  const versions = Object.fromEntries(companions.map((name) => [name, devDependencies[name]]))
  const compilerAliases = Object.fromEntries(
    compilers.map((version) => [`typescript-${version}`, `npm:typescript@${version}`]),
  )
  writeJson(join(project, 'package.json'), {
    private: true,
    type: 'module',
    dependencies: { ...tarballs, ...versions, ...compilerAliases },
  })
  install(project)
  return project
}

/** @param {string} project @param {string} version */
function compile(project, version) {
  must(
    process.execPath,
    [`node_modules/typescript-${version}/bin/tsc`, '--pretty', 'false'],
    project,
  )
  console.log(`TypeScript ${version} compiles it`)
}

/** @param {string} project @param {string} node */
function run(project, node) {
  const version = must(node, ['--version'], project).trim()
  must(node, ['main.js'], project)
  console.log(`Node ${version} runs it`)
}

/** Installs the oldest Node that the packages allow, from the npm package that also brings the pinned one. */
function oldestNode() {
  const { engines } = readJson(join(root, 'packages/core/package.json'))
  const version = /^>=(\d+\.\d+)$/.exec(engines.node)?.[1]
  if (!version) throw new Error(`expected engines.node to be like ">=22.12", got ${engines.node}`)
  const name = Object.keys(optionalDependencies).find((candidate) =>
    new RegExp(`^node-(bin-)?${process.platform}-${process.arch}$`).test(candidate),
  )
  if (!name) throw new Error(`package.json names no Node for ${process.platform}-${process.arch}`)
  const folder = join(work, 'oldest-node')
  mkdirSync(folder)
  writeJson(join(folder, 'package.json'), {
    private: true,
    dependencies: { [name]: `${version}.0` },
  })
  install(folder)
  return join(folder, 'node_modules', name, 'bin', 'node')
}

/** @param {string} folder */
function install(folder) {
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  must('npm', args, folder)
}

/**
 * Runs a command and answers with what it printed; ends the script with all its output if it fails.
 * @param {string} command @param {readonly string[]} args @param {string} cwd
 */
function must(command, args, cwd) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    encoding: 'utf8',
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
