import { elementCount, type Samples, type Tensor } from '@open-datanets/onnx-engine'

/** Samples `from` to before `to`; views, not copies. */
export function rowsOf(samples: Samples, from: number, to: number): Samples {
  const inputs = new Map([...samples.inputs].map(([name, tensor]) => [name, part(tensor, from, to)]))
  return { inputs, targets: part(samples.targets, from, to), count: to - from }
}

/** The samples with these indices, in this order. */
export function pickRows(samples: Samples, indices: readonly number[]): Samples {
  const picked = (tensor: Tensor): Tensor => {
    const each = elementCount(tensor.dims.slice(1))
    const Kind = tensor.data.constructor as new (length: number) => Float32Array
    const data = new Kind(indices.length * each)
    for (const [i, index] of indices.entries())
      data.set((tensor.data as Float32Array).subarray(index * each, (index + 1) * each), i * each)
    return { ...tensor, dims: [indices.length, ...tensor.dims.slice(1)], data }
  }
  const inputs = new Map([...samples.inputs].map(([name, tensor]) => [name, picked(tensor)]))
  return { inputs, targets: picked(samples.targets), count: indices.length }
}

function part({ dtype, dims, data }: Tensor, from: number, to: number): Tensor {
  const each = elementCount(dims.slice(1))
  return { dtype, dims: [to - from, ...dims.slice(1)], data: data.subarray(from * each, to * each) }
}
