import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { installWithApt } from './install-with-apt.ts'

/** The programs of a MariaDB installation. */
export interface MariadbInstallation {
  /** The server. */
  readonly mariadbd: string
  /** Makes a data folder. */
  readonly installDb: string
}

/** Finds MariaDB: on PATH and in the usual folders, then (Debian, root) by apt-get. */
export function findMariadb(): MariadbInstallation {
  const found = fromMachine()
  if (found) return found
  // The two that have no service which would start with them.
  installWithApt(['mariadb-server-core', 'mariadb-client-core'])
  const installed = fromMachine()
  if (installed) return installed
  throw new Error(
    'These tests need a MariaDB server and found no mariadbd with mariadb-install-db, neither on PATH nor in ' +
      `${usualFolders.join(', ')}. Install MariaDB 10.6 or newer ` +
      '(Debian: apt-get install mariadb-server; macOS: brew install mariadb) and run them again.',
  )
}

const usualFolders = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']

function fromMachine(): MariadbInstallation | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...usualFolders]
  const find = (name: string) =>
    folders.map((folder) => join(folder, name)).find((file) => existsSync(file))
  const [mariadbd, installDb] = [find('mariadbd'), find('mariadb-install-db')]
  // It calls this one.
  if (!mariadbd || !installDb || !find('my_print_defaults')) return undefined
  return { mariadbd, installDb }
}
