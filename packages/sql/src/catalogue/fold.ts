/** As marks know it: see `tableTag` of core. */
export function fold(name: string): string {
  return name.toLowerCase()
}
