// npm run check:mutants -- [--only 'epoch off,…'] [--seconds 60] [--attempts 3] [--no-control]
// Runs the check on sources that are wrong on purpose. One that it does not catch is a gap in the check, or a rule that
// nobody needs. Each setting is run on the true sources as well: what it finds there would prove nothing.
import { spawn } from 'node:child_process'
import { parseArgs } from 'node:util'
import Table from 'cli-table3'
import { type Mutant, MUTANTS } from './mutants.ts'
import { MutatedCopy } from './mutated-copy.ts'
import { numberOf } from './options.ts'
import type { Outcome } from './run.ts'

const CONTROL = ['--seconds', '6']

try {
  await main()
} catch (error) {
  process.stderr.write(`check:mutants: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      attempts: { type: 'string', default: '3' },
      'no-control': { type: 'boolean', default: false },
    },
  })
  const seconds = numberOf('seconds', values.seconds, 1, 3600)
  const attempts = numberOf('attempts', values.attempts, 1, 100)
  const chosen = choose(values.only)
  using copy = new MutatedCopy()
  const table = new Table({
    head: ['mutant', 'setting', 'seconds', 'caught by'],
    style: { head: [], border: [] },
    wordWrap: true,
    colWidths: [24, 34, 9, 56],
  })
  const wrong: string[] = []
  const note = (row: readonly [string, string, string, string]) => {
    table.push([...row])
    process.stderr.write(`${row[0]}: ${row[2]} s, ${row[3]}\n`)
  }
  if (!values['no-control']) {
    for (const setting of new Set(chosen.map((mutant) => mutant.setting.join('\n')))) {
      const outcome = await check(copy, [...CONTROL, ...setting.split('\n')], 0)
      const found = outcome.findings[0]
      if (found !== undefined) wrong.push(`the true sources: ${found}`)
      note(['none (control)', shown(setting.split('\n')), took(outcome), found ?? 'nothing found'])
    }
  }
  for (const { name, edits, setting } of chosen) {
    using _applied = copy.apply(edits)
    let outcome: Outcome | undefined
    for (let seed = 1; seed <= attempts && !outcome?.findings.length; seed += 1) {
      outcome = await check(copy, ['--seconds', String(seconds), ...setting], seed)
    }
    const found = outcome?.findings[0]
    if (found === undefined) wrong.push(`'${name}' was not caught`)
    note([name, shown(setting), took(outcome!), found ?? 'NOT CAUGHT'])
  }
  process.stdout.write(`${table.toString()}\n`)
  if (wrong.length === 0) return
  for (const line of wrong) process.stderr.write(`check:mutants: ${line}\n`)
  process.exitCode = 1
}

function choose(only: string | undefined): readonly Mutant[] {
  if (only === undefined) return MUTANTS
  return only.split(',').map((name) => {
    const mutant = MUTANTS.find((candidate) => candidate.name === name.trim())
    if (mutant) return mutant
    const all = MUTANTS.map((candidate) => candidate.name).join(', ')
    throw new Error(`--only: expected some of ${all}; got '${name}'`)
  })
}

function shown(setting: readonly string[]): string {
  return setting.join(' ')
}

function took({ seconds }: Outcome): string {
  return seconds.toFixed(1)
}

/** @throws Error where the check itself failed: that is no finding */
async function check(
  copy: MutatedCopy,
  setting: readonly string[],
  seed: number,
): Promise<Outcome> {
  const args = [
    ...['--conditions=tidemark-source', 'test/consistency/main.ts'],
    ...['--json', '--until-caught', '--seed', String(seed), ...setting],
  ]
  const child = spawn(process.execPath, args, {
    cwd: copy.folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [output, errors] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code === 0 || code === 1) return JSON.parse(output) as Outcome
  throw new Error(`the check failed with ${shown(setting)}:\n${errors}`)
}
