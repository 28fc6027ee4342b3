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
 * Runs a command in the root with its output on our stderr.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} [env] variables added to ours
 * @returns {boolean} whether it exited with 0
 */
export function runCommand(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    // File descriptor 2 for its stdout as well: ours stays clean.
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
    // npm is a .cmd file on Windows, which only a shell can start.
    shell: process.platform === 'win32',
  })
  if (error) say(`${command} could not be started: ${error.message}`)
  return status === 0
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
