import type { ReadHint } from '@tidemark/core'

export interface WorkerSettings {
  readonly postgresUrl: string
  readonly redisUrl: string
  readonly namespace: string
  /** Its only column is `value`. */
  readonly table: string
  readonly hint: ReadHint
}

export type FromWorker =
  | { readonly kind: 'ready' }
  /** All its reads are under way. */
  | { readonly kind: 'reading' }
  | {
      readonly kind: 'done'
      /** How often the database was asked. */
      readonly asked: number
      readonly values: readonly string[]
      readonly hits: Readonly<Record<string, number>>
    }
