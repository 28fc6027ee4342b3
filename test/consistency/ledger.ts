import { closeSync, openSync, readSync, writeFileSync, writeSync } from 'node:fs'

/** What a process knows of one row: the newest version, and since when, on the machine's monotonic clock in milliseconds. */
export interface Fact {
  readonly version: number
  readonly at: number
}

export type FactKind = 'acknowledged' | 'seen'

const KINDS: readonly FactKind[] = ['acknowledged', 'seen']
const FACT_BYTES = 16

/**
 * What all processes have been told and have seen, in a file that they share. Each process writes to cells of its own and
 * reads those of all, so no two ever write to one place; a cell is written by one call, which others see whole.
 */
export class Ledger implements Disposable {
  readonly #file: number
  readonly #processes: number
  readonly #process: number

  static create(path: string, rows: number, processes: number): void {
    writeFileSync(path, Buffer.alloc(rows * processes * KINDS.length * FACT_BYTES))
  }

  constructor(path: string, processes: number, process: number) {
    this.#file = openSync(path, 'r+')
    this.#processes = processes
    this.#process = process
  }

  /** Of this process's own cell it keeps the newer version. */
  note(kind: FactKind, row: number, version: number): void {
    const cell = Buffer.alloc(FACT_BYTES)
    const offset = this.#offset(kind, row) + this.#process * FACT_BYTES
    readSync(this.#file, cell, 0, FACT_BYTES, offset)
    if (cell.readDoubleLE(0) >= version) return
    cell.writeDoubleLE(version, 0)
    cell.writeDoubleLE(now(), 8)
    writeSync(this.#file, cell, 0, FACT_BYTES, offset)
  }

  /** What each process knows of a row. */
  facts(kind: FactKind, row: number): Fact[] {
    const cells = Buffer.alloc(this.#processes * FACT_BYTES)
    readSync(this.#file, cells, 0, cells.length, this.#offset(kind, row))
    return Array.from({ length: this.#processes }, (_, process) => ({
      version: cells.readDoubleLE(process * FACT_BYTES),
      at: cells.readDoubleLE(process * FACT_BYTES + 8),
    }))
  }

  [Symbol.dispose](): void {
    closeSync(this.#file)
  }

  #offset(kind: FactKind, row: number): number {
    return (row * KINDS.length + KINDS.indexOf(kind)) * this.#processes * FACT_BYTES
  }
}

/** The machine's monotonic clock, which all processes share, in milliseconds. */
export function now(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
