import type { AddedToken } from './vocabulary'

/** A part of a text: an added token's id, or text. */
export type Part = number | string

/** Finds added tokens in a text: the leftmost, and of those that begin there the longest, as Hugging Face does. */
export class AddedTokens {
  readonly #verbatim: Finder
  readonly #normalized: Finder
  readonly #normalize: (text: string) => string

  constructor(tokens: readonly AddedToken[], normalization: 'NFC' | undefined) {
    this.#normalize = normalization ? text => text.normalize(normalization) : text => text
    this.#verbatim = new Finder(tokens.filter(({ normalized }) => !normalized).map(t => [t.content, t.id]))
    this.#normalized = new Finder(
      tokens.filter(({ normalized }) => normalized).map(t => [this.#normalize(t.content), t.id]),
    )
  }

  /** The parts in order, with the text between the tokens normalized. */
  split(text: string): Part[] {
    return this.#verbatim
      .split(text)
      .flatMap(part => (typeof part === 'number' ? part : this.#normalized.split(this.#normalize(part))))
  }
}

class Finder {
  readonly #ids: ReadonlyMap<string, number>
  readonly #pattern: RegExp | undefined

  constructor(tokens: readonly (readonly [string, number])[]) {
    this.#ids = new Map(tokens)
    const contents = [...this.#ids.keys()].sort((a, b) => b.length - a.length)
    const alternatives = contents.map(content => content.replace(/[\^$\\.*+?()[\]{}|/]/g, '\\$&'))
    this.#pattern = alternatives.length > 0 ? new RegExp(alternatives.join('|'), 'gu') : undefined
  }

  split(text: string): Part[] {
    if (!this.#pattern) return text === '' ? [] : [text]
    const parts: Part[] = []
    let end = 0
    for (const match of text.matchAll(this.#pattern)) {
      if (match.index > end) parts.push(text.slice(end, match.index))
      parts.push(this.#ids.get(match[0])!)
      end = match.index + match[0].length
    }
    if (end < text.length) parts.push(text.slice(end))
    return parts
  }
}
