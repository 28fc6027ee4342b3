import type { Token } from './sql-lexer.ts'

/** Tokens in their order, asked by their place. There is nothing before the first and behind the last. */
export class TokenRow<N extends object> {
  readonly #tokens: readonly Token<N>[]
  /** The first and the last token that is no semicolon; -1 where there is none. */
  readonly #first: number
  readonly #last: number

  constructor(tokens: readonly Token<N>[]) {
    this.#tokens = tokens
    const isStatement = (token: Token<N>) => !(token.kind === 'symbol' && token.text === ';')
    this.#first = tokens.findIndex(isStatement)
    this.#last = tokens.findLastIndex(isStatement)
  }

  get length(): number {
    return this.#tokens.length
  }

  at(index: number): Token<N> | undefined {
    return this.#tokens[index]
  }

  /** The keyword or plain name at this place, in lower case. */
  word(index: number): string | undefined {
    const token = this.#tokens[index]
    return token?.kind === 'word' ? token.text : undefined
  }

  isSymbol(index: number, text: string): boolean {
    const token = this.#tokens[index]
    return token?.kind === 'symbol' && token.text === text
  }

  /** Whether there is anything but semicolons before this place. */
  hasStatementBefore(index: number): boolean {
    return this.#first !== -1 && this.#first < index
  }

  /** Whether there is anything but semicolons behind this place. */
  hasStatementBehind(index: number): boolean {
    return this.#last > index
  }
}
