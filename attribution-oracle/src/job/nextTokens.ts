import type { Dim, NpyArray, Tensor } from '@open-datanets/onnx-engine'

/**
 * Inputs and targets where the next token is the target. A model that takes exactly as many positions as the rows have
 * gets all of them and no target for the last; others get all but the last.
 * @param width tokens of each row
 * @param positions of the model, where they are fixed
 */
export function nextTokens(
  rows: readonly Int32Array[],
  width: number,
  positions: Dim | undefined,
  ignoreIndex: number,
): { inputs: NpyArray; targets: Tensor } {
  const used = positions === width ? width : Math.max(0, width - 1)
  const inputs = new Int32Array(rows.length * used)
  const targets = new BigInt64Array(rows.length * used)
  for (const [i, row] of rows.entries()) {
    for (let t = 0; t < used; t++) {
      inputs[i * used + t] = row[t]!
      targets[i * used + t] = BigInt(t + 1 < width ? row[t + 1]! : ignoreIndex)
    }
  }
  const dims = [rows.length, used]
  return {
    inputs: { dtype: 'int32', shape: dims, data: inputs },
    targets: { dtype: 'int64', dims, data: targets },
  }
}
