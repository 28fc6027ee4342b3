import type { Edit } from './mutate.ts'

/** A protocol that is weaker in one place, with a setting in which the check must show it. */
export interface Mutant {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Of the check, see options.ts. */
  readonly setting: readonly string[]
}

const HOT = ['--processes', '3', '--rows', '1', '--loops', '6', '--lag', '40']
/** No faults: the protocol holds readers and writers apart by itself. */
const RACE = [...HOT, '--no-faults']

const READ_THROUGH = 'packages/core/src/reads/read-through.ts'
const ASK_DATABASE = 'packages/core/src/reads/ask-database.ts'
const LOAD_RESULT = 'packages/core/src/reads/load-result.ts'
const WRITE_INTENT = 'packages/core/src/writes/write-intent.ts'
const SHARED_MARKS = 'packages/core/src/marks/shared-marks.ts'
const KNOWN_MARKS = 'packages/core/src/marks/known-marks.ts'
const TRANSACTION_SCOPE = 'packages/core/src/writes/transaction-scope.ts'
const LOOKUP = 'packages/core/src/reads/lookup.ts'
const SESSION = 'packages/kysely/src/session.ts'
const CONTROLLED = 'packages/kysely/src/cached-controlled-transaction.ts'
const REDIS_LINK = 'packages/redis/src/redis-link.ts'
const SCRIPTS = 'packages/redis/src/scripts.ts'

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'invalidate before commit',
    edits: [
      {
        file: WRITE_INTENT,
        find: '      await engine.marks.intent(tags, intent.#writer, consistency)\n',
        replace:
          '      await engine.marks.intent(tags, intent.#writer, consistency)\n' +
          '      await engine.marks.release(tags, intent.#writer)\n',
      },
      {
        file: WRITE_INTENT,
        find: '    const { audit, marks, metrics } = this.#engine\n',
        replace:
          "    if (outcome === 'settled') return\n    const { audit, marks, metrics } = this.#engine\n",
      },
    ],
    setting: RACE,
  },
  {
    name: 'token taken at populate',
    edits: [
      {
        file: LOAD_RESULT,
        find: '  const change = changeOf(engine, lookup)\n',
        replace:
          '  const late = await engine.marks.read(lookup.tags)\n' +
          "  if (late.state === 'open') tokens = late.tokens\n" +
          '  const change = changeOf(engine, lookup)\n',
      },
    ],
    setting: RACE,
  },
  {
    name: 'flights keyed without token',
    edits: [
      {
        file: ASK_DATABASE,
        find: '  return `${key}\\n${tokens.join()}`\n',
        replace: '  return key\n',
      },
    ],
    // An answer must be held up for longer than others take to write.
    setting: ['--processes', '2', '--rows', '1', '--loops', '12', '--lag', '400', '--no-faults'],
  },
  {
    name: 'no intent (bump after commit)',
    edits: [
      {
        file: SHARED_MARKS,
        find: "    if (consistency !== 'fresh') await this.#shared.intent(marks, writer)\n",
        replace: '    await Promise.resolve([writer, consistency])\n',
      },
    ],
    setting: RACE,
  },
  {
    name: 'missing mark read as valid',
    edits: [
      {
        file: REDIS_LINK,
        find: "  if (raw === null) return 'absent'\n",
        replace: "  if (raw === null) return (epoch + '0'.repeat(24)) as SharedMark\n",
      },
    ],
    setting: RACE,
  },
  {
    name: 'counter instead of random token',
    edits: [
      {
        file: SCRIPTS,
        find: '    value = ARGV[index + 2]\n',
        replace: "    value = ARGV[1] .. redis.call('INCR', key .. ':count')\n",
      },
    ],
    setting: [...HOT, '--rows', '4', '--faults', 'evict marks', '--every', '150'],
  },
  {
    name: 'epoch off',
    edits: [
      {
        file: REDIS_LINK,
        find: '  return id.slice(0, EPOCH_LENGTH)\n',
        replace: "  return '0'.repeat(EPOCH_LENGTH)\n",
      },
    ],
    setting: [...HOT, '--no-memory', '--faults', 'restore Redis', '--every', '1000'],
  },
  {
    name: 'memory: messages ignored',
    edits: [
      {
        file: SHARED_MARKS,
        find: '    onMoved: (tags, isPart) => marks?.heard(tags, isPart),\n',
        replace: '    onMoved: () => {},\n',
      },
    ],
    setting: [...HOT, '--no-faults', '--staleness', '3600000', '--seconds', '3'],
  },
  {
    name: 'memory: gaps between messages ignored',
    edits: [
      {
        file: KNOWN_MARKS,
        find: '    this.#marks.clear()\n    for (const reading of this.#readings) reading.isOvertaken = true\n',
        replace: '',
      },
    ],
    setting: [
      ...HOT,
      ...['--faults', 'lose messages', '--staleness', '3600000', '--every', '500'],
      ...['--seconds', '3'],
    ],
  },
  {
    name: 'memory: marks known for ever',
    edits: [
      {
        file: KNOWN_MARKS,
        find: '      if (!known || known.askedAt <= oldest)',
        replace: '      if (!known || Number.isNaN(oldest))',
      },
    ],
    setting: [
      ...HOT,
      ...['--consistency', 'available', '--staleness', '300'],
      ...['--faults', 'drop messages', '--every', '300'],
    ],
  },
  {
    name: 'write-through beside another writer',
    edits: [
      {
        file: SCRIPTS,
        find: "  elseif found and not shared and token ~= '' then\n",
        replace: "  elseif found and token ~= '' then\n",
      },
    ],
    setting: [...RACE, '--write-through'],
  },
  {
    name: 'write-through after the release',
    edits: [
      {
        file: SHARED_MARKS,
        find: '      done = await this.#shared.replace!(marks, writer, next)\n',
        replace:
          '      await this.#shared.release(marks, writer)\n' +
          '      const minted = await this.#shared.mint(marks)\n' +
          '      marks.forEach((mark, at) => (next as Map<Tag, SharedMark>).set(mark, minted[at]!))\n' +
          "      done = minted.map((mark) => (mark === 'locked' ? 'lost' : 'replaced'))\n",
      },
    ],
    setting: [...RACE, '--write-through'],
  },
  {
    name: 'savepoint rollback dropping tags',
    edits: [
      {
        file: TRANSACTION_SCOPE,
        find: '  mayCommitByItself(): void {\n',
        replace:
          '  forget(): void {\n    this.#tags.clear()\n  }\n\n  mayCommitByItself(): void {\n',
      },
      {
        file: SESSION,
        find: '  get bypassReason(): BypassReason {\n',
        replace:
          '  forget(): void {\n    this.#scope?.forget()\n  }\n\n  get bypassReason(): BypassReason {\n',
      },
      {
        file: CONTROLLED,
        find: '  override rollbackToSavepoint(name: S[number]): never {\n',
        replace:
          '  override rollbackToSavepoint(name: S[number]): never {\n' +
          '    this.#context.session.forget()\n',
      },
    ],
    setting: RACE,
  },
  {
    name: 'fill inside a transaction',
    edits: [
      {
        file: LOOKUP,
        find: '  if (call.bypass) return call.bypass\n',
        replace: "  if (call.bypass && call.bypass !== 'in-transaction') return call.bypass\n",
      },
    ],
    setting: RACE,
  },
  {
    name: 'policies: age judged before marks',
    edits: [
      {
        file: READ_THROUGH,
        find: "  if (match === 'moved') return fill(engine, lookup, 'marks-moved', load)\n",
        replace:
          "  if (match === 'moved' && freshnessHere(lookup, entry) !== 'stale') {\n" +
          "    return fill(engine, lookup, 'marks-moved', load)\n" +
          '  }\n',
      },
    ],
    setting: [...RACE, '--stale', '600000'],
  },
]
