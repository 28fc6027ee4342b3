import { readFile } from 'node:fs/promises'

/** A code block of a page that says which snippet it shows. */
export interface ShownSnippet {
  readonly name: string
  readonly code: string
}

const BLOCK = /<!-- snippet: (\S+) -->\s*```ts\n(.*?)```/gs
const REGION = /^ *\/\/ snippet: (\S+)\n(.*?)^ *\/\/ end$/gms

/** The code blocks of a page that stand below a `snippet` comment. */
export async function shownSnippets(page: string): Promise<readonly ShownSnippet[]> {
  const text = await readFile(new URL(`../../${page}`, import.meta.url), 'utf8')
  return [...text.matchAll(BLOCK)].map(([, name, code]) => ({ name: name!, code: code!.trimEnd() }))
}

/**
 * The same snippet in the file that compiles and runs: all its regions, without their indentation.
 *
 * @param file where it is, if not in the file of its name
 */
export async function runnableSnippet(name: string, file = name): Promise<string> {
  const text = await readFile(new URL(`snippets/${file}.ts`, import.meta.url), 'utf8')
  const regions = [...text.matchAll(REGION)].filter((match) => match[1] === name)
  return regions
    .map(([, , code]) => outdent(code!))
    .join('')
    .trimEnd()
}

/** The names of the snippets in a file. */
export async function snippetsOf(file: string): Promise<readonly string[]> {
  const text = await readFile(new URL(`snippets/${file}.ts`, import.meta.url), 'utf8')
  return [...new Set([...text.matchAll(REGION)].map(([, name]) => name!))]
}

function outdent(code: string): string {
  const indentation = /^ */.exec(code)![0]
  return code.replaceAll(new RegExp(`^${indentation}`, 'gm'), '')
}
