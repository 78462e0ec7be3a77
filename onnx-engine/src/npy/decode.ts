import { fromFloat16 } from '../safetensors/float16'
import { malformed } from './faults'
import { readHeader } from './header'
import type { NpyArray, NpyData } from './npyArray'
import { rowMajor } from './rowMajor'

/**
 * Reads an NPY file of version 1 to 3, in C or Fortran order, little or big endian. Row-major little-endian elements
 * whose place in memory is aligned are not copied: the array then shares the memory of `bytes`.
 * @throws OnnxEngineError MALFORMED_NPY, or UNSUPPORTED_NPY (objects, structures, complex numbers, texts, dates)
 */
export function decodeNpy(bytes: Uint8Array): NpyArray {
  const { type, isBigEndian, isFortran, shape, start } = readHeader(bytes)
  const length = shape.reduce((product, size) => product * size, 1)
  const got = bytes.length - start
  if (got !== length * type.bytes)
    malformed(
      'data',
      `${got} bytes${got < length * type.bytes ? ', the file is cut off' : ''}`,
      `${length * type.bytes} for ${type.dtype} (${shape.join(', ')})`,
    )
  let data = elements(bytes, start, length, type, isBigEndian)
  if (isFortran && shape.length > 1) {
    const columns = data
    data = new type.Data(length)
    rowMajor(columns, data, shape)
  }
  return { shape, dtype: type.dtype, data }
}

function elements(
  bytes: Uint8Array,
  start: number,
  length: number,
  { dtype, bytes: width, Data }: ReturnType<typeof readHeader>['type'],
  isBigEndian: boolean,
): NpyData {
  const swapped = isBigEndian && width > 1
  const at = bytes.byteOffset + start
  if (!swapped && dtype !== 'float16' && at % width === 0) return new Data(bytes.buffer, at, length)
  const copy = new Uint8Array(bytes.subarray(start))
  if (swapped) reverseEach(copy, width)
  return dtype === 'float16'
    ? Float32Array.from(new Uint16Array(copy.buffer), fromFloat16)
    : new Data(copy.buffer, 0, length)
}

function reverseEach(bytes: Uint8Array, width: number): void {
  for (let start = 0; start < bytes.length; start += width)
    for (let i = start, j = start + width - 1; i < j; i++, j--) {
      const byte = bytes[i]!
      bytes[i] = bytes[j]!
      bytes[j] = byte
    }
}
