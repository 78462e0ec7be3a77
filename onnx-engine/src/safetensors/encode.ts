import { OnnxEngineError } from '../errors'
import type { Tensor } from '../model/types'
import { FLOAT16_MAX, toFloat16 } from './float16'

export type StoredFloat = 'F32' | 'F16'

export interface EncodeSafetensorsOptions {
  /** Default F32, which is exact. F16 rounds to the nearest. */
  precision?: StoredFloat
  /** Free text of the file, for its reader. */
  metadata?: Readonly<Record<string, string>>
}

/** The one name that is not a tensor's. */
const METADATA = '__metadata__'

function tensorBytes(name: string, tensor: Tensor, precision: StoredFloat): Uint8Array {
  const { data } = tensor
  if (!(data instanceof Float32Array) || name === METADATA)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: `tensor "${name}"`,
      got: tensor.dtype,
      expected: `float32, and a name other than ${METADATA}`,
    })
  const width = precision === 'F16' ? 2 : 4
  const bytes = new Uint8Array(data.length * width)
  const view = new DataView(bytes.buffer)
  data.forEach((value, i) => {
    if (precision === 'F32') return view.setFloat32(i * width, value, true)
    const half = toFloat16(value)
    if ((half & 0x7fff) === 0x7c00)
      throw new OnnxEngineError('PRECISION_EXCEEDED', { tensor: name, value, limit: FLOAT16_MAX })
    view.setUint16(i * width, half, true)
  })
  return bytes
}

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : a > b ? 1 : 0)

/**
 * Writes float32 tensors as safetensors: 8 bytes of header length, a JSON header padded to 8 bytes, raw little-endian
 * data. Tensors and metadata are written in the order of their names, so equal contents give equal bytes.
 * Throws OnnxEngineError PRECISION_EXCEEDED when a value does not fit float16.
 */
export function encodeSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  o: EncodeSafetensorsOptions = {},
): Uint8Array {
  const precision = o.precision ?? 'F32'
  const header: [string, unknown][] = []
  if (o.metadata) header.push([METADATA, Object.fromEntries(Object.entries(o.metadata).sort(byName))])
  const parts: Uint8Array[] = []
  let offset = 0
  for (const [name, tensor] of [...tensors].sort(byName)) {
    const bytes = tensorBytes(name, tensor, precision)
    header.push([
      name,
      { dtype: precision, shape: tensor.dims, data_offsets: [offset, offset + bytes.length] },
    ])
    offset += bytes.length
    parts.push(bytes)
  }
  const json = Buffer.from(JSON.stringify(Object.fromEntries(header)), 'utf8')
  const padded = Buffer.alloc(Math.ceil(json.length / 8) * 8, ' ')
  json.copy(padded)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(padded.length))
  return new Uint8Array(Buffer.concat([length, padded, ...parts]))
}
