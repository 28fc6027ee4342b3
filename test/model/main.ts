import { check } from './model.ts'
import { describeViolation, Report } from './report.ts'
import { larger } from './scenarios.ts'
import { weaker } from './weaker.ts'

/**
 * `npm run check:model`: the model with more actors than the tests have.
 * `npm run check:model -- trace 'epoch off'`: the shortest counterexample to a weaker protocol.
 */
const [command, name] = process.argv.slice(2)
if (command === 'trace') {
  const chosen = weaker.filter((each) => !name || each.name === name)
  for (const { name, scenario } of chosen) {
    console.log(`${name}: ${describeViolation(check(scenario)) ?? 'nothing breaks'}\n`)
  }
} else {
  const report = new Report()
  for (const scenario of larger) {
    const broken = describeViolation(report.check(scenario, 20_000_000))
    if (!broken) continue
    console.log(`${scenario.name}: ${broken}`)
    process.exitCode = 1
  }
  console.log(String(report))
}
