import type { WriterAt } from './actors.ts'
import type { Protocol } from './protocol.ts'
import type { Script } from './scenario.ts'

/** What writers do, in the order of their doing. */
const scripts: Record<Script, readonly WriterAt[]> = {
  autocommit: ['intent', 'commit', 'release'],
  renewed: ['intent', 'commit', 'renew', 'release'],
  transaction: ['begin', 'write', 'read inside', 'intent', 'commit', 'release'],
  'rolled back': ['begin', 'write', 'read inside', 'rollback'],
  savepoint: [
    'begin',
    'write',
    'savepoint',
    'write',
    'rollback to savepoint',
    'intent',
    'commit',
    'release',
  ],
}

/** The script of a writer, as the protocol has it. */
export function stepsOf({ mode, write }: Protocol, name: Script): readonly WriterAt[] {
  const script = scripts[name]
  const isInvalidatedFirst = write === 'invalidate, then commit'
  if (mode !== 'fresh' && !isInvalidatedFirst) return script
  const withoutIntent = script.filter((at) => at !== 'intent')
  if (!isInvalidatedFirst) return withoutIntent
  return withoutIntent.flatMap((at): WriterAt[] => {
    if (at === 'release') return []
    return at === 'commit' ? ['release', 'commit'] : [at]
  })
}
