/** Ranks from 1, ties share their mean rank. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: values.length }, (_, i) => i).sort(
    (a, b) => values[a]! - values[b]!,
  )
  const result = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++
    for (let i = start; i < end; i++) result[order[i]!] = (start + 1 + end) / 2
    start = end
  }
  return result
}

/** Correlation of Pearson; 0 where one side does not vary. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [mx, my] = [mean(x), mean(y)]
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - mx, y[i]! - my]
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
  }
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : 0
}

export const spearman = (x: ArrayLike<number>, y: ArrayLike<number>): number => pearson(ranks(x), ranks(y))

export function mean(values: ArrayLike<number>): number {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += values[i]!
  return sum / values.length
}

/** Area under the curve of telling `positive` from the rest by a higher score (Mann-Whitney, ties count half). */
export function areaUnderCurve(scores: ArrayLike<number>, positive: ArrayLike<number>): number {
  const rank = ranks(scores)
  let [sum, count] = [0, 0]
  for (let i = 0; i < rank.length; i++) {
    if (!positive[i]) continue
    sum += rank[i]!
    count++
  }
  return (sum - (count * (count + 1)) / 2) / (count * (rank.length - count))
}
