import { spawn } from 'node:child_process'

export interface Watchdog {
  /** Call when the server is stopped and its folder removed. */
  dismiss(): void
}

/**
 * Stops a server and removes its folder when this process dies, however it dies: a test run is killed by a time limit
 * or an impatient Ctrl-C often enough, and would leave servers behind.
 *
 * A small shell waits on a pipe that only we hold open. The kernel closes it with us.
 *
 * @param folder removed as a whole
 * @param pidFile its first line is the server's process id for as long as the server runs
 * @param stopSignal what ends the server quickly
 */
export function removeWhenWeDie(
  folder: string,
  pidFile: string,
  stopSignal: NodeJS.Signals,
): Watchdog {
  const script = `
    read -r _
    pid=$(head -n 1 "$1" 2>/dev/null) && kill -s "$2" "$pid" 2>/dev/null && sleep 1
    rm -rf "$0"`
  const shell = spawn('/bin/sh', ['-c', script, folder, pidFile, stopSignal.slice(3)], {
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  })
  // It must not keep this process alive.
  shell.unref()
  const pipe = shell.stdin as typeof shell.stdin & { unref?(): void }
  pipe.unref?.()
  return { dismiss: () => pipe.end() }
}
