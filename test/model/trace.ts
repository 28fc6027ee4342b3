import type { TraceLine, Violation } from './explore.ts'
import { EPOCHS, type Mark, type Token, type World } from './world.ts'

/** A trace in words: what each step did, and what it changed in the database and in Redis. */
export function render({
  trace,
  detail,
}: Violation & { readonly trace: readonly TraceLine<World>[] }): string {
  const lines = trace.map(({ text, world }, index) => {
    const before = trace[index - 1]?.world
    const changes = describe(world).filter((part) => !before || !describe(before).includes(part))
    const end = changes.length > 0 ? ` → ${changes.join(', ')}` : ''
    return `${index === 0 ? '  ' : `${index}.`} ${text}${end}`
  })
  return [...lines, `   ✗ ${detail}`].join('\n')
}

function describe({ rows, server, writers }: World): readonly string[] {
  const which = (kind: string, index: number) => (rows.length > 1 ? `${kind} ${index}` : kind)
  return [
    ...rows.map((version, tag) => `${which('database', tag)}: ${version}`),
    ...server.marks.map((mark, tag) => {
      const holders = writers.filter(({ bit }) => (mark.holders & bit) > 0).map(({ name }) => name)
      return `${which('mark', tag)} ${describeMark(mark, holders)}`
    }),
    ...server.entries.flatMap((entry) =>
      entry
        ? [`entry: ${entry.value.join('|')} under ${entry.tokens.map(nameToken).join('+')}`]
        : [],
    ),
  ]
}

function describeMark({ token, shared }: Mark, holders: readonly string[]): string {
  if (holders.length > 0) return `locked by ${holders.join(' and ')}${shared ? ', shared' : ''}`
  return token === 0 ? 'absent' : nameToken(token)
}

/** The number of its making, and the epoch where that is not the first. */
export function nameToken(token: Token): string {
  if (token <= 0) return 'nothing'
  const epoch = token % EPOCHS
  return `t${Math.floor(token / EPOCHS)}${epoch > 0 ? ` of epoch ${epoch}` : ''}`
}
