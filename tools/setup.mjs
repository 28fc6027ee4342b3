// Makes a checkout ready to run: installs the dependencies and generates the Prisma clients, each only when out of date.
//
// `npm start`, `npm test` and `.ci/run` begin with it, so a newcomer needs nothing but git, npm and any Node >= 20.
// It therefore runs on that Node with nothing installed, and imports nothing but Node itself.
// It prints to stderr only: `npm start -- --json` promises one JSON object on stdout.
import { installDependencies } from './setup/install-dependencies.mjs'
import { generatePrismaClients } from './setup/generate-prisma-client.mjs'
import { SetupError } from './setup/run-command.mjs'

try {
  installDependencies()
  generatePrismaClients()
} catch (error) {
  if (!(error instanceof SetupError)) throw error
  process.stderr.write(`\nsetup: ${error.message}\n`)
  process.exitCode = 1
}
