// An empty project in a temporary folder with the packed packages in it, as a user's would be. What only a workspace makes
// work (a forgotten dependency, a file that is not packed, a type that is not emitted) fails there. The packages must
// have been built.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const { devDependencies, optionalDependencies } = readJson(join(root, 'package.json'))

/** The compiler of today, and the last one before it was rewritten, which many still have. */
export const compilers = [devDependencies.typescript, '5.9.3']

/**
 * Hands over the folder of a project that has the packed packages, both compilers and what is named, in the workspace's
 * own versions; it is removed afterwards.
 * @param {readonly string[]} companions
 * @param {(project: string, work: string) => void} use
 */
export function withPackedProject(companions, use) {
  const work = mkdtempSync(join(tmpdir(), 'tidemark-pack-'))
  try {
    const versions = companions.map((name) => [name, devDependencies[name]])
    const aliases = compilers.map((version) => [
      `typescript-${version}`,
      `npm:typescript@${version}`,
    ])
    const dependencies = { ...pack(work), ...Object.fromEntries([...versions, ...aliases]) }
    use(createProject(join(work, 'project'), dependencies), work)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** @param {string} work @returns {Record<string, string>} the file of each package */
function pack(work) {
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

/** @param {string} folder @param {Record<string, string>} dependencies @returns {string} the folder */
export function createProject(folder, dependencies) {
  mkdirSync(folder, { recursive: true })
  writeJson(join(folder, 'package.json'), { private: true, type: 'module', dependencies })
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  must('npm', args, folder)
  return folder
}

/** Compiles a project and answers with what the compiler printed. @param {string} project @param {string} version @param {readonly string[]} args */
export function compile(project, version, ...args) {
  const tsc = `node_modules/typescript-${version}/bin/tsc`
  return must(process.execPath, [tsc, '--pretty', 'false', ...args], project)
}

/**
 * Runs a command and answers with what it printed; ends the script with all its output if it fails.
 * @param {string} command @param {readonly string[]} args @param {string} cwd
 */
export function must(command, args, cwd) {
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
export function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** @param {string} file @param {unknown} value */
export function writeJson(file, value) {
  writeFileSync(file, JSON.stringify(value, null, 2))
}
