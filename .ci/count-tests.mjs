// Prints how many tests of a vitest JSON report passed and failed, and on stderr the names of those that did not run.
import { readFileSync } from 'node:fs'

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'))
const tests = report.testResults.flatMap((file) => file.assertionResults)
const withStatus = (...statuses) => tests.filter(({ status }) => statuses.includes(status))

for (const { fullName } of withStatus('pending', 'skipped', 'todo', 'disabled')) {
  console.error(`    skipped: ${fullName}`)
}
console.log(withStatus('passed').length, withStatus('failed').length)
