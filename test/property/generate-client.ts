import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type { PrismaClient } from '../../prisma/generated/client.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
// Inside of the checkout, where the generated code finds Prisma's runtime, and with what else is generated.
const folder = join(root, 'prisma', 'derived', 'random')

/** The client of a Prisma schema. One that was generated before is used again. */
export async function generateClient(schema: string): Promise<typeof PrismaClient> {
  const hash = createHash('sha256').update(schema).digest('hex').slice(0, 16)
  const place = join(folder, hash)
  if (!existsSync(place)) await generate(schema, place)
  const client = (await import(
    /* @vite-ignore */ pathToFileURL(join(place, 'client', 'client.ts')).href
  )) as { PrismaClient: typeof PrismaClient }
  return client.PrismaClient
}

async function generate(schema: string, place: string): Promise<void> {
  // Renamed into place whole: another run may be looking for it.
  const unfinished = `${place}.${process.pid}`
  await mkdir(unfinished, { recursive: true })
  const file = join(unfinished, 'schema.prisma')
  await writeFile(file, schema)
  const cli = join(root, 'node_modules', 'prisma', 'build', 'index.js')
  try {
    await promisify(execFile)(process.execPath, [cli, 'generate', '--no-hints', '--schema', file], {
      cwd: root,
      env: {
        ...process.env,
        // See tools/setup/generate-prisma-client.mjs.
        PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
        PRISMA_HIDE_UPDATE_MESSAGE: '1',
        CHECKPOINT_DISABLE: '1',
      },
    })
    await rename(unfinished, place)
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true })
    throw new Error(`prisma generate failed for\n${schema}`, { cause: error })
  }
}
