import type { NpyData } from './npyArray'

/** Elements are moved in tiles of this many a side, so that the lines of both arrays stay in the cache. */
const TILE = 64

/** Writes column-major elements (Fortran's order, the first axis running fastest) in row-major order. */
export function rowMajor(source: NpyData, target: NpyData, shape: readonly number[]): void {
  if (shape.length < 2) {
    target.set(source as never)
    return
  }
  const rows = shape[0]!
  const columns = shape.at(-1)!
  const middle = shape.slice(1, -1)
  const planes = middle.reduce((product, size) => product * size, 1)
  if (rows * columns * planes === 0) return
  const rowStep = target.length / rows
  const columnStep = source.length / columns
  for (let plane = 0; plane < planes; plane++) {
    // The planes are counted in row-major order; the source counts the same axes from the other end.
    let sourceAt = 0
    let rest = plane
    let step = rows * planes
    for (let axis = middle.length - 1; axis >= 0; axis--) {
      const size = middle[axis]!
      step /= size
      sourceAt += (rest % size) * step
      rest = Math.floor(rest / size)
    }
    const targetAt = plane * columns
    for (let r0 = 0; r0 < rows; r0 += TILE)
      for (let c0 = 0; c0 < columns; c0 += TILE)
        for (let r = r0; r < Math.min(rows, r0 + TILE); r++)
          for (let c = c0; c < Math.min(columns, c0 + TILE); c++)
            target[targetAt + r * rowStep + c] = source[sourceAt + r + c * columnStep]!
  }
}
