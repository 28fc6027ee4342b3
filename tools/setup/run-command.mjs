import { spawnSync } from 'node:child_process'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds the root package.json. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Something the reader of the message can act on, so it is shown without a stack. */
export class SetupError extends Error {}

/** @param {string} message */
export function say(message) {
  process.stderr.write(`setup: ${message}\n`)
}

/**
 * Runs a command in the root. What it printed is shown, on stderr, only if it failed.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] variables added to ours
 * @returns {boolean} whether it exited with 0
 */
export function runCommand(command, args, env = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: Infinity,
    env: { ...process.env, ...env },
    // npm is a .cmd file on Windows, which only a shell can start.
    shell: process.platform === 'win32',
  })
  if (status === 0) return true
  if (error) say(`${command} could not be started: ${error.message}`)
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`)
  return false
}

/**
 * PATH without any node_modules/.bin. `npm run` puts the pinned Node there, and installing deletes that very file: npm
 * must run on the Node that the machine has.
 */
export function pathOutsideCheckout() {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
    .join(delimiter)
}
