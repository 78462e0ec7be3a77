import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'

/** What one step learns from. A target of -1 is not scored. */
export interface Batch {
  /** int64 [B, T] */
  readonly tokens: Tensor
  /** int64 [B, T] */
  readonly targets: Tensor
}

/** A batch of equally long rows. */
export function batchOf(tokens: readonly ArrayLike<number>[], targets: readonly ArrayLike<number>[]): Batch {
  return { tokens: rowsToTensor(tokens), targets: rowsToTensor(targets) }
}

function rowsToTensor(rows: readonly ArrayLike<number>[]): Tensor {
  const length = rows[0]?.length ?? 0
  const data = new BigInt64Array(rows.length * length)
  rows.forEach((row, index) => {
    if (row.length !== length) {
      throw new OnnxEngineError('INVALID_ARGUMENT', {
        what: `row ${index} of a batch`,
        got: `${row.length} tokens`,
        expected: `${length}, as in row 0`,
      })
    }
    for (let i = 0; i < length; i++) data[index * length + i] = BigInt(row[i] as number)
  })
  return { dtype: 'int64', dims: [rows.length, length], data }
}

/** Cuts a batch by rows into at most `shards` parts of nearly equal size, copied; never an empty part. */
export function shardsOf(batch: Batch, shards: number): Batch[] {
  const rows = batch.tokens.dims[0] ?? 0
  const parts = Math.min(shards, rows)
  return Array.from({ length: parts }, (_, part) => {
    const from = Math.floor((rows * part) / parts)
    const to = Math.floor((rows * (part + 1)) / parts)
    return { tokens: rowRange(batch.tokens, from, to), targets: rowRange(batch.targets, from, to) }
  })
}

function rowRange(tensor: Tensor, from: number, to: number): Tensor {
  const length = tensor.dims[1] ?? 0
  return { ...tensor, dims: [to - from, length], data: tensor.data.slice(from * length, to * length) }
}
