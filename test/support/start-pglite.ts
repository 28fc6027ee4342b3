import type { TestProject } from 'vitest/node'
import { makePgliteTemplate } from './pglite.ts'

/** For a project that leaves out the databases that need a server. */
export default async function startPglite(project: TestProject): Promise<void> {
  project.provide('pgliteTemplate', await makePgliteTemplate())
}
