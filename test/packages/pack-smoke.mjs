// Installs the packed packages in an empty project, as a user does, and there compiles and runs the program in ./consumer,
// on the pinned Node, on the oldest that the packages allow, and on a release line between them; and on the pinned Node
// with the oldest Kysely that is allowed.
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import {
  compile,
  compilers,
  createProject,
  must,
  optionalDependencies,
  readJson,
  root,
  withPackedProject,
} from './packed-project.mjs'

// What a user has besides ours. (Not better-sqlite3: it crashes on Node below 22.14.)
const companions = ['kysely', '@prisma/client', '@electric-sql/pglite', '@types/node']

withPackedProject(companions, (project, work) => {
  cpSync(join(root, 'test/packages/consumer'), project, { recursive: true })
  for (const version of compilers) {
    compile(project, version)
    console.log(`TypeScript ${version} compiles it`)
  }
  for (const node of [...otherNodes(join(work, 'nodes')), process.execPath]) {
    const version = must(node, ['--version'], project).trim()
    must(node, ['main.js'], project)
    console.log(`Node ${version} runs it`)
  }
  const kysely = installOldestKysely(project)
  compile(project, compilers[0])
  must(process.execPath, ['main.js'], project)
  console.log(`Kysely ${kysely} does`)
})

/** @param {string} project @returns {string} its version */
function installOldestKysely(project) {
  const { peerDependencies } = readJson(join(root, 'packages/kysely/package.json'))
  const oldest = /^\^(\d+\.\d+\.\d+)$/.exec(peerDependencies.kysely)?.[1]
  if (!oldest) {
    throw new Error(
      `expected peerDependencies.kysely to be like "^0.29.1", got ${peerDependencies.kysely}`,
    )
  }
  const { dependencies } = readJson(join(project, 'package.json'))
  createProject(project, { ...dependencies, kysely: oldest })
  return readJson(join(project, 'node_modules/kysely/package.json')).version
}

/**
 * Installs the Nodes that the packages are for beside the pinned one, from the npm package that also brings that one.
 * @param {string} folder @returns {string[]} their executables
 */
function otherNodes(folder) {
  const { engines } = readJson(join(root, 'packages/core/package.json'))
  const oldest = /^>=(\d+\.\d+)$/.exec(engines.node)?.[1]
  if (!oldest) throw new Error(`expected engines.node to be like ">=22.12", got ${engines.node}`)
  const name = Object.keys(optionalDependencies).find((candidate) =>
    new RegExp(`^node-(bin-)?${process.platform}-${process.arch}$`).test(candidate),
  )
  if (!name) throw new Error(`package.json names no Node for ${process.platform}-${process.arch}`)
  // Not every platform has every release: the newest of the line that is no newer than this one.
  const ranges = { 'oldest-node': `${oldest}.0`, 'node-24': '>=24.0.0 <=24.21.0' }
  createProject(
    folder,
    Object.fromEntries(
      Object.entries(ranges).map(([alias, range]) => [alias, `npm:${name}@${range}`]),
    ),
  )
  return Object.keys(ranges).map((alias) => join(folder, 'node_modules', alias, 'bin', 'node'))
}
