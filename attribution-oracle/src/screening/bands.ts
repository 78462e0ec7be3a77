/**
 * Locality-sensitive hashing: two signatures are candidates when they agree in all rows of at least one band.
 */
export class BandIndex {
  private readonly buckets: Map<string, number[]>[]

  constructor(
    permutations: number,
    private readonly rows: number,
  ) {
    this.buckets = Array.from({ length: Math.floor(permutations / rows) }, () => new Map<string, number[]>())
  }

  /** Positions added before that share a band with this signature, ascending; then adds it. */
  candidatesThenAdd(position: number, signature: Uint32Array): number[] {
    const found = new Set<number>()
    this.buckets.forEach((bucket, band) => {
      const key = signature.subarray(band * this.rows, (band + 1) * this.rows).join(',')
      const members = bucket.get(key)
      if (members === undefined) bucket.set(key, [position])
      else {
        for (const member of members) found.add(member)
        members.push(position)
      }
    })
    return [...found].sort((a, b) => a - b)
  }
}
