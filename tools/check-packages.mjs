// Looks at every package as npm would publish it: publint (do the fields and files fit together?) and attw (do the types
// resolve as the code does?). The packages must have been built.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const packages = fileURLToPath(new URL('../packages', import.meta.url))

const tools = [
  ['publint', '--strict'],
  // ESM only: what a CommonJS resolution would say does not matter.
  ['attw', '--pack', '--profile', 'esm-only'],
]

let failures = 0
for (const name of readdirSync(packages)) {
  const folder = `${packages}/${name}`
  if (!existsSync(`${folder}/package.json`)) continue
  for (const [command, ...args] of tools) {
    // The current folder is the package, which both take for their subject.
    const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, encoding: 'utf8' })
    if (status === 0) continue
    failures++
    console.error(`${command} finds fault with packages/${name}:\n${stdout}${stderr}`)
  }
  for (const file of ['LICENSE', 'README.md']) {
    if (existsSync(`${folder}/${file}`)) continue
    failures++
    console.error(`packages/${name} has no ${file}, which npm shows to its readers.`)
  }
}
process.exitCode = failures === 0 ? 0 : 1
