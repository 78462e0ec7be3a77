import { IGNORED, type Window } from '../corpus/windows'

/** Pseudo-counts of every token, so that one that was never seen has a probability. */
const ADD_K = 1

/** Calls back for each scored position with the token before it and the token to predict. */
function eachPair(windows: readonly Window[], visit: (context: number, target: number) => void): void {
  for (const { tokens, targets } of windows)
    for (let i = 0; i < tokens.length; i++) if (targets[i] !== IGNORED) visit(tokens[i]!, targets[i]!)
}

/** What a model must beat: the same held-out tokens predicted from counts over the same training tokens. */
export class NgramBaseline {
  readonly #vocabSize: number
  readonly #unigrams: Float64Array
  readonly #contexts: Float64Array
  readonly #bigrams = new Map<number, number>()
  #total = 0

  constructor(training: readonly Window[], vocabSize: number) {
    this.#vocabSize = vocabSize
    this.#unigrams = new Float64Array(vocabSize)
    this.#contexts = new Float64Array(vocabSize)
    eachPair(training, (context, target) => {
      this.#total++
      this.#unigrams[target]!++
      this.#contexts[context]!++
      const pair = context * vocabSize + target
      this.#bigrams.set(pair, (this.#bigrams.get(pair) ?? 0) + 1)
    })
  }

  /** Add-k smoothed share of a token. */
  unigram(target: number): number {
    return (this.#unigrams[target]! + ADD_K) / (this.#total + ADD_K * this.#vocabSize)
  }

  /** The share among what followed `context`, mixed with the unigram as if that had been seen `prior` times. */
  bigram(context: number, target: number, prior: number): number {
    const seen = this.#bigrams.get(context * this.#vocabSize + target) ?? 0
    return (seen + prior * this.unigram(target)) / (this.#contexts[context]! + prior)
  }

  /** Total loss of windows in nats under the unigram. */
  unigramNats(windows: readonly Window[]): number {
    let nats = 0
    eachPair(windows, (_, target) => (nats -= Math.log(this.unigram(target))))
    return nats
  }

  /** Total loss of windows in nats under the interpolated bigram. */
  bigramNats(windows: readonly Window[], prior: number): number {
    let nats = 0
    eachPair(windows, (context, target) => (nats -= Math.log(this.bigram(context, target, prior))))
    return nats
  }

  /** The same with the best of several priors, chosen on these very windows: a baseline that is not made weak. */
  bestBigramNats(windows: readonly Window[]): number {
    return Math.min(...[1, 2, 4, 8, 16, 32, 64].map(prior => this.bigramNats(windows, prior)))
  }
}
