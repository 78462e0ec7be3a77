import { wordsOf } from './words'

/** Words in a row that count as copied when they stand in another text. */
const SHINGLE_WORDS = 8

/** Answers the question whether most of a text stands word for word in one of many passages. */
export class PassageShingles {
  readonly #passagesOf = new Map<string, number[]>()

  constructor(passages: readonly string[]) {
    passages.forEach((text, passage) => {
      for (const shingle of shinglesOf(text)) {
        const known = this.#passagesOf.get(shingle)
        if (known === undefined) this.#passagesOf.set(shingle, [passage])
        else known.push(passage)
      }
    })
  }

  /** The largest share of the text's shingles that lie in a single passage, from 0 to 1. */
  containment(text: string): number {
    const shingles = shinglesOf(text)
    const shared = new Map<number, number>()
    for (const shingle of shingles)
      for (const passage of this.#passagesOf.get(shingle) ?? [])
        shared.set(passage, (shared.get(passage) ?? 0) + 1)
    let most = 0
    for (const count of shared.values()) most = Math.max(most, count)
    return shingles.size === 0 ? 0 : most / shingles.size
  }
}

/** A text shorter than a shingle is one shingle. */
function shinglesOf(text: string): Set<string> {
  const words = wordsOf(text)
  const count = Math.max(words.length === 0 ? 0 : 1, words.length - SHINGLE_WORDS + 1)
  return new Set(
    Array.from({ length: count }, (_, start) => words.slice(start, start + SHINGLE_WORDS).join(' ')),
  )
}
