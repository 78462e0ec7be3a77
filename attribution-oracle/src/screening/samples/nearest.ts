/** Rows of int8 codes, one per sample: pixels, or a model's activations. */
export interface Codes {
  readonly rows: number
  readonly width: number
  readonly data: Int8Array
}

/** A closest row and how close: the cosine of the two code vectors. */
export interface Neighbour {
  readonly index: number
  readonly cosine: number
}

/** Lengths of the rows; the sums below them are integers, so they are exact. */
export function lengthsOf({ rows, width, data }: Codes): Float64Array {
  return Float64Array.from({ length: rows }, (_, row) => {
    let square = 0
    for (let i = row * width; i < (row + 1) * width; i++) square += data[i]! * data[i]!
    return Math.sqrt(square)
  })
}

/** Finds the closest rows of `among` by cosine; ties go to the lower index. Exact, and the same on every machine. */
export class NearestRows {
  private readonly lengths: Float64Array

  constructor(private readonly among: Codes) {
    this.lengths = lengthsOf(among)
  }

  /**
   * @param count neighbours at most
   * @param counts which rows are looked at; all where it is absent
   * @returns closest first
   */
  of(codes: Codes, row: number, count: number, counts?: (index: number) => boolean): Neighbour[] {
    const { width, data } = this.among
    const query = codes.data.subarray(row * width, (row + 1) * width)
    let square = 0
    for (let i = 0; i < width; i++) square += query[i]! * query[i]!
    const length = Math.sqrt(square)
    const found: Neighbour[] = []
    for (let index = 0; index < this.among.rows; index++) {
      if (counts && !counts(index)) continue
      let dot = 0
      for (let i = 0, at = index * width; i < width; i++, at++) dot += query[i]! * data[at]!
      const product = length * this.lengths[index]!
      const cosine = product > 0 ? dot / product : 0
      if (found.length === count && cosine <= found[count - 1]!.cosine) continue
      let place = Math.min(found.length, count - 1)
      while (place > 0 && found[place - 1]!.cosine < cosine) {
        if (place < count) found[place] = found[place - 1]!
        place--
      }
      found[place] = { index, cosine }
    }
    return found
  }
}
