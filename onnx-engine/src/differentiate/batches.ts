import { elementCount } from '../model/tensor'
import type { Tensor, TensorData } from '../model/types'

/** Samples `from` to before `to` of a tensor whose first axis counts them; a view where nothing is padded. */
export function rowsOf({ dtype, dims, data }: Tensor, from: number, to: number, size = to - from): Tensor {
  const each = elementCount(dims.slice(1))
  const part = data.subarray(from * each, to * each)
  return { dtype, dims: [size, ...dims.slice(1)], data: size === to - from ? part : padded(part, each, size) }
}

/** The last row repeated: numbers that the model is used to, whose results are thrown away. */
function padded(part: TensorData, each: number, size: number): TensorData {
  const Kind = part.constructor as new (length: number) => Float32Array
  const whole = new Kind(size * each)
  whole.set(part as Float32Array)
  const last = (part as Float32Array).subarray(part.length - each)
  for (let at = part.length; at < whole.length; at += each) whole.set(last, at)
  return whole
}

/** Pairs [from, to) that cover `count` samples. */
export function* ranges(count: number, size: number): Generator<readonly [number, number]> {
  for (let from = 0; from < count; from += size) yield [from, Math.min(count, from + size)]
}

/** Copies of the rows at `places`, the last one repeated up to `size`. */
export function rowsAt({ dtype, dims, data }: Tensor, places: readonly number[], size: number): Tensor {
  const each = elementCount(dims.slice(1))
  const Kind = data.constructor as new (length: number) => Float32Array
  const rows = new Kind(size * each)
  for (let i = 0; i < size; i++) {
    const from = places[Math.min(i, places.length - 1)]! * each
    rows.set((data as Float32Array).subarray(from, from + each), i * each)
  }
  return { dtype, dims: [size, ...dims.slice(1)], data: rows }
}
