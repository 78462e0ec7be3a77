import { wordsOf } from './words'

/** The usual constants (Robertson and Zaragoza 2009). */
const SATURATION = 1.2
const LENGTH_WEIGHT = 0.75

interface Posting {
  readonly document: number
  readonly count: number
}

/** BM25 over documents of words: the baseline of every retrieval paper. */
export class Bm25 {
  readonly #postings = new Map<string, Posting[]>()
  readonly #lengths: number[]
  readonly #meanLength: number

  constructor(documents: readonly string[]) {
    const words = documents.map(wordsOf)
    this.#lengths = words.map(({ length }) => length)
    this.#meanLength = this.#lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, documents.length)
    words.forEach((own, document) => {
      for (const [word, count] of countsOf(own)) {
        const known = this.#postings.get(word)
        if (known === undefined) this.#postings.set(word, [{ document, count }])
        else known.push({ document, count })
      }
    })
  }

  /** The score of every document for the distinct words of a query. */
  scores(query: string): number[] {
    const documents = this.#lengths.length
    const scores = this.#lengths.map(() => 0)
    for (const word of new Set(wordsOf(query))) {
      const postings = this.#postings.get(word) ?? []
      const rarity = Math.log(1 + (documents - postings.length + 0.5) / (postings.length + 0.5))
      for (const { document, count } of postings) {
        const length = 1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * this.#lengths[document]!) / this.#meanLength
        scores[document]! += (rarity * count * (SATURATION + 1)) / (count + SATURATION * length)
      }
    }
    return scores
  }
}

function countsOf(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}
