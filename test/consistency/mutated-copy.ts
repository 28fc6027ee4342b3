import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type Edit, mutate } from './mutate.ts'

const REPOSITORY = resolve(import.meta.dirname, '../..')
const COPIED = ['packages', 'prisma', 'test/consistency', 'test/support', 'package.json']

/**
 * A copy of the sources in a temporary folder, to be changed. It borrows the dependencies of the repository, except for
 * the packages of the repository itself: those are its own.
 */
export class MutatedCopy implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tidemark-mutant-'))

  constructor() {
    for (const path of COPIED) {
      cpSync(join(REPOSITORY, path), join(this.folder, path), {
        recursive: true,
        filter: (file) => !/[/\\](dist|node_modules)$/.test(file),
      })
    }
    const [lent, own] = [join(REPOSITORY, 'node_modules'), join(this.folder, 'node_modules')]
    mkdirSync(join(own, '@tidemark'), { recursive: true })
    for (const name of readdirSync(lent)) {
      if (name !== '@tidemark') symlinkSync(join(lent, name), join(own, name), 'junction')
    }
    for (const name of readdirSync(join(this.folder, 'packages'), { withFileTypes: true })) {
      if (!name.isDirectory()) continue
      const to = join(this.folder, 'packages', name.name)
      symlinkSync(to, join(own, '@tidemark', name.name), 'junction')
    }
  }

  /**
   * Makes the edits, until what it returns is disposed of.
   *
   * @throws Error where a text to be replaced is not there exactly once
   */
  apply(edits: readonly Edit[]): Disposable {
    const originals = new Map<string, string>()
    const undo = () => {
      for (const [path, text] of originals) writeFileSync(path, text)
    }
    try {
      for (const edit of edits) {
        const path = join(this.folder, edit.file)
        const text = readFileSync(path, 'utf8')
        const mutated = mutate(text, edit)
        if (!originals.has(path)) originals.set(path, text)
        writeFileSync(path, mutated)
      }
    } catch (error) {
      undo()
      throw error
    }
    return { [Symbol.dispose]: undo }
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}
