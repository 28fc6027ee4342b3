import { invalidOption } from '../options/tidemark-error.ts'

/** Which names are meant: all that begin with some text, or that fit a pattern. */
export interface NameMatcher {
  /** What each of them begins with. */
  readonly prefix: string
  matches(name: string): boolean
}

/** Names that begin with this text, in which no character has a meaning of its own. */
export function prefixMatcher(prefix: string): NameMatcher {
  const start = prefix.toWellFormed()
  return { prefix: start, matches: (name) => name.toWellFormed().startsWith(start) }
}

/**
 * Names that fit a pattern from the first character to the last: `*` is any text, also none, `?` any one character, and
 * `\` takes the meaning of what follows it away.
 *
 * Brackets are refused unless they are escaped: where they mean a set of characters elsewhere, whoever writes them here
 * would move less than they think.
 *
 * Names are compared as servers keep them: half of a surrogate pair is one with `\ufffd`.
 *
 * @param option for errors
 * @throws TidemarkError `INVALID_OPTION`
 */
export function patternMatcher(option: string, pattern: string): NameMatcher {
  const steps = parse(option, pattern)
  const wild = steps.findIndex((step) => typeof step !== 'string')
  const literal = wild < 0 ? steps : steps.slice(0, wild)
  return {
    prefix: literal.join(''),
    matches: (name) => fits(Array.from(name.toWellFormed()), steps),
  }
}

/** One character, or one of any, or any number of any. */
type Step = string | typeof ANY_ONE | typeof ANY
const ANY_ONE = Symbol('?')
const ANY = Symbol('*')

function parse(option: string, pattern: string): Step[] {
  const steps: Step[] = []
  const characters = Array.from(pattern.toWellFormed())
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at]!
    if (character === '\\') {
      at += 1
      if (at === characters.length) {
        throw invalidOption(option, 'a character after the last \\ (\\\\ is a backslash)', pattern)
      }
      steps.push(characters[at]!)
    } else if ('[]{}'.includes(character)) {
      throw invalidOption(
        option,
        `a pattern of text, * and ? (\\${character} is the character)`,
        pattern,
      )
    } else {
      steps.push(character === '*' ? ANY : character === '?' ? ANY_ONE : character)
    }
  }
  return steps
}

/** Tries the shortest text for each `*` first, and only for the last one more: no pattern makes it slow. */
function fits(name: readonly string[], steps: readonly Step[]): boolean {
  let at = 0
  let step = 0
  let last: { readonly step: number; at: number } | undefined
  while (at < name.length) {
    const expected = steps[step]
    if (expected === ANY) {
      last = { step, at }
      step += 1
    } else if (expected === ANY_ONE || expected === name[at]) {
      step += 1
      at += 1
    } else if (last) {
      last.at += 1
      step = last.step + 1
      at = last.at
    } else {
      return false
    }
  }
  return steps.slice(step).every((rest) => rest === ANY)
}
