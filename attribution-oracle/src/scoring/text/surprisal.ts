import { naturalLog } from './naturalLog'

/** Tokens at which a span weighs as much as its tokens are surprising. */
const UNIT_LENGTH = 8

/** How surprising tokens are by how often they occur in the corpus: -ln p, in nats. */
export class Surprisal {
  private readonly logTotal: number
  private readonly logs: Float64Array

  /** @param counts how often each symbol occurs in the corpus */
  constructor(private readonly counts: Float64Array) {
    let total = 0
    for (let symbol = 0; symbol < counts.length; symbol++) total += counts[symbol]!
    this.logTotal = total > 0 ? naturalLog(total) : 0
    this.logs = new Float64Array(counts.length).fill(NaN)
  }

  /** -ln p of a symbol; 0 for one that does not occur, as no span holds it. */
  of(symbol: number): number {
    const known = this.logs[symbol]
    if (known === undefined) return 0
    if (known === known) return known
    const count = this.counts[symbol]!
    return (this.logs[symbol] = count > 0 ? this.logTotal - naturalLog(count) : 0)
  }

  /** (Σ -ln p)·(length / 8)² of response[from, from + length): long and rare parts tell where they are from. */
  weight(response: Int32Array, from: number, length: number): number {
    let sum = 0
    for (let k = from; k < from + length; k++) sum += this.of(response[k]!)
    return sum * (length / UNIT_LENGTH) * (length / UNIT_LENGTH)
  }
}
