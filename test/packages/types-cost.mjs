// What the packages cost the compiler of those who use them: the services in ./types-cost compiled with the cache and
// without, in a project that has the packed packages. Instantiations and types do not vary from run to run, and have a
// ceiling; times do, and are only shown. The packages must have been built.
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile, compilers, root, withPackedProject, writeJson } from './packed-project.mjs'

const tsconfig = {
  compilerOptions: {
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    target: 'es2023',
    lib: ['es2023', 'esnext.disposable', 'dom'],
    module: 'nodenext',
    types: ['node'],
    allowImportingTsExtensions: true,
    noEmit: true,
  },
}

/**
 * The clients of each service, and what the instantiations of the first may at most be multiplied by. Any extension of
 * Prisma has types to compute, so ours are measured against one that does nothing.
 * @type {Record<string, readonly { client: string, ceiling?: number }[]>}
 */
const services = {
  kysely: [{ client: 'db = plain' }, { client: 'db = withCache(plain, cache)', ceiling: 1.1 }],
  prisma: [
    { client: 'prisma = base.$extends({})' },
    { client: 'prisma = base' },
    { client: 'prisma = base.$extends(cacheExtension(cache))', ceiling: 0.9 },
    { client: 'prisma = withCache(base, cache)', ceiling: 1 },
  ],
}

const ROUNDS = 2
let failures = 0

withPackedProject(['kysely', '@prisma/client', '@types/node'], (project) => {
  for (const name of ['prisma/generated', 'prisma/tables.ts']) {
    cpSync(join(root, name), join(project, name), { recursive: true })
  }
  for (const version of compilers) {
    for (const [service, clients] of Object.entries(services)) {
      console.log(`${service}.ts, TypeScript ${version}`)
      const text = readFileSync(join(root, `test/packages/types-cost/${service}.ts`), 'utf8')
      let base
      for (const { client, ceiling = Infinity } of clients) {
        writeFileSync(join(project, 'service.ts'), textOf(text, client))
        writeJson(join(project, 'tsconfig.json'), { ...tsconfig, files: ['service.ts'] })
        const cost = costOf(project, version)
        base ??= cost
        const ratio = cost.instantiations / base.instantiations
        const isTooMuch = !(ratio <= ceiling)
        if (isTooMuch) failures += 1
        console.log(
          [
            `  ${client.padEnd(50)}`,
            `${cost.instantiations} instantiations (× ${ratio.toFixed(2)})`,
            `${cost.types} types (× ${(cost.types / base.types).toFixed(2)})`,
            `check time × ${(cost.checkTime / base.checkTime).toFixed(2)}`,
            isTooMuch ? `ABOVE × ${ceiling}` : '',
          ].join('  '),
        )
      }
    }
  }
})
process.exitCode = failures === 0 ? 0 : 1

/** @param {string} text @param {string} client */
function textOf(text, client) {
  const isCached = client.includes('cache')
  const lines = text.split('\n').filter((line) => isCached || !line.endsWith('// tidemark'))
  const [name] = client.split(' ')
  return lines
    .join('\n')
    .replace(new RegExp(`^const ${name} = .*$`, 'm'), () => `const ${client}`)
    .replace('{ cacheExtension }', '{ cacheExtension, withCache }')
    .replaceAll("'../../../prisma/", "'./prisma/")
}

/** @param {string} project @param {string} version */
function costOf(project, version) {
  const rounds = Array.from({ length: ROUNDS }, () => {
    // With several checkers, what they share is counted for each. The older compiler has one.
    const single = version.startsWith('5.') ? [] : ['--singleThreaded']
    const printed = compile(project, version, '--extendedDiagnostics', ...single)
    return {
      instantiations: figure(printed, 'Instantiations'),
      types: figure(printed, 'Types'),
      checkTime: figure(printed, 'Check time'),
    }
  })
  const [{ instantiations, types }] = rounds
  if (rounds.some((round) => round.instantiations !== instantiations)) {
    throw new Error(`expected one count of instantiations, got ${JSON.stringify(rounds)}`)
  }
  return { instantiations, types, checkTime: Math.min(...rounds.map((round) => round.checkTime)) }
}

/** @param {string} printed @param {string} name */
function figure(printed, name) {
  const found = new RegExp(`^${name}:\\s+([\\d.]+)`, 'm').exec(printed)
  if (!found) throw new Error(`expected the compiler to print ${name}, got:\n${printed}`)
  return Number(found[1])
}
