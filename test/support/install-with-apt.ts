import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/**
 * Installs packages where that is possible without asking anybody: on Debian and its like, as root, which is what a CI
 * container is. Elsewhere it does nothing. Whoever calls it looks whether what it needs is there now.
 */
export function installWithApt(packages: readonly string[]): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', ...packages]]) {
    // Whether either succeeds does not matter: what counts is what is there afterwards.
    spawnSync('apt-get', ['-qq', ...args], { env, stdio: ['ignore', 2, 2] })
  }
}
