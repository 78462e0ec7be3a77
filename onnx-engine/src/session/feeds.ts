import { Tensor as OrtTensor } from 'onnxruntime-node'
import { OnnxEngineError } from '../errors'
import { dtypes } from '../model/dtypes'
import { stringsOf, stringTensor } from '../model/strings'
import type { DType, Tensor } from '../model/types'

export type Feeds = Readonly<Record<string, Tensor>>
export type Outputs = Record<string, Tensor>

/** Wraps our tensors for ONNX Runtime without copying, texts excepted. Throws SESSION_FAILED on a bfloat16. */
export function toOrtFeeds(feeds: Feeds): Record<string, OrtTensor> {
  return Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrt(name, tensor)]))
}

function toOrt(name: string, tensor: Tensor): OrtTensor {
  const { dtype, data, dims } = tensor
  if (dtype === 'string') return new OrtTensor('string', stringsOf(tensor), dims)
  if (dtype === 'bfloat16') throw notInJavaScript(`input "${name}"`, dtype)
  return new OrtTensor(dtype, data as never, dims)
}

/** ONNX Runtime's results as our tensors; every result owns its buffer. */
export function fromOrtOutputs(results: Readonly<Record<string, OrtTensor>>): Outputs {
  return Object.fromEntries(Object.entries(results).map(([name, result]) => [name, fromOrt(name, result)]))
}

function fromOrt(name: string, { type, data, dims }: OrtTensor): Tensor {
  if (type === 'string') return stringTensor(dims, data as string[])
  if (!(type in dtypes)) throw notInJavaScript(`output "${name}"`, type)
  const dtype = type as DType
  // Newer Nodes have a Float16Array; we hold float16 as its bits everywhere.
  const { buffer, byteOffset, length } = data as Tensor['data']
  const held = dtype === 'float16' ? new Uint16Array(buffer, byteOffset, length) : (data as Tensor['data'])
  return { dtype, data: held, dims: [...dims] }
}

const notInJavaScript = (what: string, type: string): OnnxEngineError =>
  new OnnxEngineError('SESSION_FAILED', {
    stage: 'run',
    reason: `${what} is ${type}, which ONNX Runtime does not exchange with JavaScript; add a Cast to the model`,
  })
