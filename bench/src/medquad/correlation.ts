/** Pearson's correlation; NaN where either side is constant or there are fewer than three points. */
export function pearson(x: readonly number[], y: readonly number[]): number {
  if (x.length < 3) return NaN
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [mx, my] = [mean(x), mean(y)]
  let [xx, yy, xy] = [0, 0, 0]
  x.forEach((value, i) => {
    xx += (value - mx) ** 2
    yy += (y[i]! - my) ** 2
    xy += (value - mx) * (y[i]! - my)
  })
  return xx > 0 && yy > 0 ? xy / Math.sqrt(xx * yy) : NaN
}

/** Spearman's correlation, ties at their mean rank. */
export function spearman(x: readonly number[], y: readonly number[]): number {
  return pearson(ranksOf(x), ranksOf(y))
}

function ranksOf(values: readonly number[]): number[] {
  return values.map(value => {
    const below = values.filter(other => other < value).length
    const equal = values.filter(other => other === value).length
    return below + (equal + 1) / 2
  })
}
