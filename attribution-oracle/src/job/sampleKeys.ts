import { createHash } from 'node:crypto'
import { elementCount, type Samples, type Tensor } from '@open-datanets/onnx-engine'
import type { Digest } from '../domain'

/** What a sample is, whatever its row: the SHA-256 of its inputs (by name) and its targets, types and sizes included. */
export function keysOfSamples({ inputs, targets, count }: Samples): Digest[] {
  const tensors = [...inputs].sort(([a], [b]) => (a < b ? -1 : 1)).concat([['', targets]])
  return Array.from({ length: count }, (_, row) => {
    const hash = createHash('sha256').update('open-datanets/sample/v1')
    for (const [name, tensor] of tensors) {
      hash.update(JSON.stringify([name, tensor.dtype, tensor.dims.slice(1)])).update(bytesOf(tensor, row))
    }
    return `0x${hash.digest('hex')}` as const
  })
}

function bytesOf({ dims, data }: Tensor, row: number): Uint8Array {
  const each = elementCount(dims.slice(1)) * (data as Float32Array).BYTES_PER_ELEMENT
  return new Uint8Array(data.buffer, data.byteOffset + row * each, each)
}
