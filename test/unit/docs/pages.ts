import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import GithubSlugger from 'github-slugger'
import { marked, type Token } from 'marked'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const NOT_OURS = /(^|\/)(node_modules|dist|generated|derived|coverage|\.git)(\/|$)/

/** A page of the repository, as a reader of it finds their way. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
  readonly tokens: readonly Token[]
  readonly links: readonly string[]
  /** What a link into the page may name. */
  readonly anchors: ReadonlySet<string>
}

/** All Markdown files of the repository, from its root on. */
export function allPages(): readonly Page[] {
  return readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.md') && !NOT_OURS.test(path))
    .toSorted()
    .map(readPage)
}

function readPage(path: string): Page {
  const text = readFileSync(`${ROOT}/${path}`, 'utf8')
  const tokens = marked.lexer(text)
  const slugger = new GithubSlugger()
  const links: string[] = []
  const anchors = new Set<string>()
  void marked.walkTokens(tokens, (token) => {
    if (token.type === 'link' || token.type === 'image') links.push(token.href as string)
    if (token.type === 'heading') anchors.add(slugger.slug(plainText(token)))
  })
  return { path, text, tokens, links, anchors }
}

/** What a reader sees of a heading: its words, without the marks of code and emphasis. */
function plainText(token: Token): string {
  if (!('tokens' in token) || !token.tokens) return 'text' in token ? String(token.text) : ''
  return token.tokens.map(plainText).join('')
}
