import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Spread into spawn's options: who runs the server. Empty when that is simply us. */
export type ServerUser = { readonly uid: number; readonly gid: number } | Record<string, never>

/** Database servers refuse to run as root, which is what a container usually is. */
export function serverUser(): ServerUser {
  if (process.getuid?.() !== 0) return {}
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
  for (const wanted of ['postgres', 'nobody']) {
    const user = users.find(([name]) => name === wanted)
    if (user) return { uid: Number(user[2]), gid: Number(user[3]) }
  }
  throw new Error(
    'Database servers refuse to run as root, and /etc/passwd has neither postgres nor nobody.',
  )
}

/** Makes an empty temporary folder that belongs to the user and that the user can reach. */
export function makeServerFolder(name: string, user: ServerUser): string {
  const parents = [...new Set([tmpdir(), '/tmp', '/var/tmp'])]
  for (const parent of parents) {
    const folder = mkdtempSync(join(parent, `tidemark-${name}-`))
    if (user.uid !== undefined) chownSync(folder, user.uid, user.gid)
    chmodSync(folder, 0o700)
    // TMPDIR may lie in a folder that is closed to the user.
    if (canRun('/bin/sh', ['-c', ':'], user, folder)) return folder
  }
  throw new Error(
    `No temporary folder that user ${user.uid} can reach; tried ${parents.join(', ')}.`,
  )
}

/** Whether the user may execute the file, which a checkout in a private folder prevents. */
export function canRun(
  file: string,
  args: readonly string[],
  user: ServerUser,
  cwd: string,
): boolean {
  return spawnSync(file, args, { ...user, cwd, stdio: 'ignore' }).status === 0
}
