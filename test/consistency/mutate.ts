/** One place in the sources, and what it is to become. */
export interface Edit {
  /** From the top of the repository. */
  readonly file: string
  /** There exactly once. */
  readonly find: string
  readonly replace: string
}

/** @throws Error where the text to be replaced is not there exactly once */
export function mutate(text: string, { file, find, replace }: Edit): string {
  const parts = text.split(find)
  if (parts.length === 2) return parts.join(replace)
  throw new Error(
    `${file}: expected once, found ${parts.length - 1} times:\n${find}\n` +
      'The mutant in test/consistency/mutants.ts must follow what has become of it',
  )
}
