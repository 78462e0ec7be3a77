import { AttributionOracleError } from '../../errors'

/** What is known of the documents beside their text, applied when a question is asked: no index is built again for it. */
export interface DocumentTables {
  /** [documents]: the contributor of each, by its number; numbers are in the order of the commits */
  readonly contributors: ArrayLike<number>
  /** [documents]: the content cluster of each, dense from 0; absent: each is its own */
  readonly clusters?: ArrayLike<number>
  /** numbers of documents that are answered for as if they had never been there */
  readonly withdrawn?: Iterable<number>
}

/** The tables checked, with what follows from them. */
export class Holders {
  readonly documents: number
  readonly contributors: Int32Array
  readonly clusters: Int32Array
  readonly withdrawn: Uint8Array
  /** [clusters]: the first committed document of each that is not withdrawn, -1 where there is none */
  readonly representatives: Int32Array
  readonly contributorCount: number

  /** @throws INVALID_ARGUMENT tables that contradict each other, or an index that is none */
  constructor(tables: DocumentTables) {
    this.contributors = indices('contributors', tables.contributors)
    this.documents = this.contributors.length
    this.clusters = indices(
      'clusters',
      tables.clusters ?? Int32Array.from(this.contributors, (_, document) => document),
    )
    if (this.clusters.length !== this.documents)
      throw invalid('clusters', `${this.clusters.length} entries`, `${this.documents}, one for each document`)
    this.withdrawn = new Uint8Array(this.documents)
    for (const document of tables.withdrawn ?? []) {
      if (!(document in this.withdrawn))
        throw invalid('withdrawn', `document ${document}`, `one below ${this.documents}`)
      this.withdrawn[document] = 1
    }
    this.representatives = new Int32Array(highest(this.clusters) + 1).fill(-1)
    for (let document = this.documents - 1; document >= 0; document--)
      if (!this.withdrawn[document]) this.representatives[this.clusters[document]!] = document
    this.contributorCount = highest(this.contributors) + 1
  }
}

function indices(name: string, values: ArrayLike<number>): Int32Array {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31 - 1)
      throw invalid(`${name}[${i}]`, String(value), 'a whole number from 0 to 2^31 - 2')
  }
  return Int32Array.from(values)
}

function highest(values: Int32Array): number {
  let top = -1
  for (let i = 0; i < values.length; i++) if (values[i]! > top) top = values[i]!
  return top
}

function invalid(argument: string, got: string, expected: string): AttributionOracleError {
  const what = `The table of documents has a wrong entry: ${argument}`
  return new AttributionOracleError('INVALID_ARGUMENT', { what, got, expected }, { argument, got, expected })
}
