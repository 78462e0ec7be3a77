/** Ranks from 0, ties share their mean rank. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from(values, (_, index) => index).sort((a, b) => values[a]! - values[b]!)
  const result = new Float64Array(values.length)
  for (let first = 0; first < order.length;) {
    let last = first
    while (last + 1 < order.length && values[order[last + 1]!] === values[order[first]!]) last++
    for (let at = first; at <= last; at++) result[order[at]!] = (first + last) / 2
    first = last + 1
  }
  return result
}

/** Pearson's correlation; 0 where a side does not vary. */
export function pearson(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const count = a.length
  let [meanA, meanB] = [0, 0]
  for (let i = 0; i < count; i++) {
    meanA += a[i]! / count
    meanB += b[i]! / count
  }
  let [ab, aa, bb] = [0, 0, 0]
  for (let i = 0; i < count; i++) {
    const [x, y] = [a[i]! - meanA, b[i]! - meanB]
    ab += x * y
    aa += x * x
    bb += y * y
  }
  const scale = Math.sqrt(aa * bb)
  return scale > 0 ? ab / scale : 0
}

/** Spearman's correlation with mean ranks of ties; 0 where a side does not vary. */
export function spearman(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return pearson(ranks(a), ranks(b))
}
