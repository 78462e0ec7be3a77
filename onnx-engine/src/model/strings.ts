import { OnnxEngineError } from '../errors'
import { elementCount } from './tensor'
import type { Tensor } from './types'

const LENGTH_BYTES = 4

/** Byte strings one after the other, each behind its length (uint32, little-endian): the data of a `string` tensor. */
export function packStrings(strings: readonly Uint8Array[]): Uint8Array {
  const packed = new Uint8Array(strings.reduce((sum, bytes) => sum + LENGTH_BYTES + bytes.length, 0))
  const view = new DataView(packed.buffer)
  let position = 0
  for (const bytes of strings) {
    view.setUint32(position, bytes.length, true)
    packed.set(bytes, position + LENGTH_BYTES)
    position += LENGTH_BYTES + bytes.length
  }
  return packed
}

/** The elements of a `string` tensor as the bytes that the model holds, UTF-8 or not. */
export function stringBytesOf(value: Tensor): Uint8Array[] {
  const { data } = value
  if (value.dtype !== 'string')
    throw new OnnxEngineError('INVALID_ARGUMENT', { what: 'texts', got: value.dtype, expected: 'string' })
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  const strings: Uint8Array[] = []
  for (let position = 0; position < bytes.length;) {
    const start = position + LENGTH_BYTES
    position = start + view.getUint32(position, true)
    strings.push(bytes.subarray(start, position))
  }
  return strings
}

/** A tensor of texts in row-major order. Throws INVALID_ARGUMENT when their count is not the product of `dims`. */
export function stringTensor(dims: readonly number[], values: readonly string[]): Tensor {
  const expected = elementCount(dims)
  if (values.length !== expected)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: `values of a tensor [${dims.join(',')}]`,
      got: `${values.length}`,
      expected: `${expected}`,
    })
  const text = new TextEncoder()
  return { dtype: 'string', dims: [...dims], data: packStrings(values.map(value => text.encode(value))) }
}

/** The elements of a `string` tensor; bytes that are not UTF-8 show as U+FFFD. */
export function stringsOf(value: Tensor): string[] {
  const text = new TextDecoder()
  return stringBytesOf(value).map(bytes => text.decode(bytes))
}
