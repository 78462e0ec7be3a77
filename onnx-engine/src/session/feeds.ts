import { Tensor as OrtTensor } from 'onnxruntime-node'
import type { Tensor } from '../model/types'

export type Feeds = Readonly<Record<string, Tensor>>
export type Outputs = Record<string, Tensor>

/** Wraps our tensors for ONNX Runtime without copying. */
export function toOrtFeeds(feeds: Feeds): Record<string, OrtTensor> {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { dtype, data, dims }]) => [
      name,
      new OrtTensor(dtype, data as never, dims),
    ]),
  )
}

/** ONNX Runtime's results as our tensors; every result owns its buffer. */
export function fromOrtOutputs(results: Readonly<Record<string, OrtTensor>>): Outputs {
  return Object.fromEntries(
    Object.entries(results).map(([name, { type, data, dims }]) => [
      name,
      { dtype: type as Tensor['dtype'], data: data as Tensor['data'], dims: [...dims] },
    ]),
  )
}
