import { naturalLog } from '../text'

/** Tokens of evidence that the corpus frequencies weigh against the file's own: a few windows. */
const PRIOR_TOKENS = 256

/**
 * What anyone can predict of a text without having learned its language: token frequencies, those of the corpus at
 * first and more and more those of the file itself as it is read. A file of one repeated symbol, or of the sixteen
 * digits of a hexadecimal dump, is cheap under this baseline, so that a model which merely noticed the same does not
 * beat it.
 */
export class UnigramBaseline {
  private readonly counts: Float64Array
  private total = 0

  constructor(vocabSize: number) {
    this.counts = new Float64Array(vocabSize).fill(1)
    this.total = vocabSize
  }

  observe(ids: readonly number[]): void {
    for (const id of ids) this.counts[id]!++
    this.total += ids.length
  }

  /** Nats that the text costs when each token is predicted from the corpus and the text before it. */
  cost(ids: readonly number[]): number {
    const own = new Map<number, number>()
    let nats = 0
    ids.forEach((id, read) => {
      const seen = own.get(id) ?? 0
      const prior = (PRIOR_TOKENS * (this.counts[id] as number)) / this.total
      nats -= naturalLog((seen + prior) / (read + PRIOR_TOKENS))
      own.set(id, seen + 1)
    })
    return nats
  }
}
