/** Functions of one dialect, by what they do. A name that is in neither may be somebody's own. */
export interface FunctionNames {
  /** They read nothing but their arguments, and answer the same each time. */
  readonly stable: readonly string[]
  /** They write to no table, but answer differently each time, or per session. */
  readonly volatile: readonly string[]
}

export function words(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
