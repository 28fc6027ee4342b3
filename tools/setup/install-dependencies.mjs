import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathOutsideCheckout, root, runCommand, say, SetupError } from './run-command.mjs'

// Type stripping without a flag came with 22.18; the sources run unbuilt from there on.
const oldestNode = [22, 18]

/** Runs `npm ci` unless node_modules already holds what package-lock.json asks for. */
export function installDependencies() {
  if (isInstalled()) return
  say('installing dependencies (once, about a minute)')
  // A registry hiccup is common and npm's own retries do not cover every kind of it.
  if (!install() || !isInstalled()) {
    say('that failed; trying once more')
    if (!install()) throw new SetupError('npm ci failed twice; its messages are above.')
  }
  checkNode()
}

function install() {
  // Below "error", npm complains that packages want a newer Node than the one npm itself runs on. They get one: the
  // pinned Node is among the packages.
  return runCommand('npm', ['ci', '--no-progress', '--loglevel=error'], {
    PATH: pathOutsideCheckout(),
  })
}

/**
 * npm writes node_modules/.package-lock.json last, with what it really installed. Comparing it, instead of a stamp of
 * our own, recognises a plain `npm install` as well, and not an interrupted one.
 */
function isInstalled() {
  const installed = packagesIn(join(root, 'node_modules', '.package-lock.json'))
  const wanted = packagesIn(join(root, 'package-lock.json'))
  if (!wanted) throw new SetupError('package-lock.json is missing or unreadable.')
  if (!installed) return false
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true // the root and the workspaces themselves
    const found = installed[path]
    if (!found) return entry.optional === true && !isForThisMachine(entry)
    return found.version === entry.version && found.integrity === entry.integrity
  })
}

/** @param {{ os?: string | string[], cpu?: string | string[], libc?: string | string[] }} entry */
function isForThisMachine({ os, cpu, libc }) {
  // Which libc this is cannot be told cheaply: npm's choice is taken for right.
  if (libc) return false
  // Entries without restrictions are optional peers, which npm may leave out.
  if (!os && !cpu) return false
  return allows(os, process.platform) && allows(cpu, process.arch)
}

/**
 * @param {string | string[] | undefined} restriction npm's notation: names, or names that are excluded by a leading "!"
 * @param {string} value
 */
function allows(restriction, value) {
  if (!restriction) return true
  const list = [restriction].flat()
  if (list.includes('any')) return true
  if (list.includes(`!${value}`)) return false
  return list.includes(value) || list.every((name) => name.startsWith('!'))
}

/** @param {string} file @returns {Record<string, any> | undefined} */
function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages
  } catch {
    return undefined
  }
}

/** npm skips an optional package that it cannot download without a word, and the pinned Node is one. */
function checkNode() {
  const { stdout } = spawnSync('node', ['--version'], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: join(root, 'node_modules', '.bin') + delimiter + pathOutsideCheckout(),
    },
    shell: process.platform === 'win32',
  })
  const [major = 0, minor = 0] = (stdout ?? '').trim().slice(1).split('.').map(Number)
  const [wantedMajor, wantedMinor] = oldestNode
  if (major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)) return
  throw new SetupError(
    `the pinned Node could not be installed for ${process.platform}-${process.arch}, and the machine's own is ` +
      `${stdout?.trim() || 'missing'}. Install Node ${oldestNode.join('.')} or newer and try again.`,
  )
}
