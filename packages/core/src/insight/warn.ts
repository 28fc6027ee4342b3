import { inspect } from 'node:util'

/** For an error of what the application has given, such as a listener, which nobody awaits: a warning of the process. */
export function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : inspect(error))
}
