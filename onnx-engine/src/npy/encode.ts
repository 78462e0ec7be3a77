import { OnnxEngineError } from '../errors'
import { FLOAT16_MAX, toFloat16 } from '../safetensors/float16'
import { writeHeader } from './header'
import { npyType, type NpyArray } from './npyArray'

/**
 * Writes an NPY file (version 1, row-major, little-endian), which np.load reads. float16 rounds to the nearest.
 * @throws OnnxEngineError INVALID_ARGUMENT when the data do not fit the type or the shape, PRECISION_EXCEEDED when a
 *   finite value is beyond float16
 */
export function encodeNpy(array: NpyArray): Uint8Array {
  const { shape, dtype, data } = array
  const type = npyType(dtype)
  const length = shape.reduce((product, size) => product * size, 1)
  if (!type || !(data instanceof type.Data) || data.length !== length)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: `array of ${dtype} (${shape.join(', ')})`,
      got: `${data.length} elements in ${data.constructor.name}`,
      expected: type ? `${length} elements in ${type.Data.name}` : 'a type of NpyDType',
    })
  const stored = dtype === 'float16' ? Uint16Array.from(data as Float32Array, half) : data
  const header = writeHeader(type, shape)
  const bytes = new Uint8Array(header.length + stored.byteLength)
  bytes.set(header)
  bytes.set(new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength), header.length)
  return bytes
}

function half(value: number): number {
  const bits = toFloat16(value)
  if ((bits & 0x7fff) === 0x7c00 && Number.isFinite(value))
    throw new OnnxEngineError('PRECISION_EXCEEDED', { tensor: 'array', value, limit: FLOAT16_MAX })
  return bits
}
