import { OnnxEngineError } from '../errors'
import { dtypeOfOnnx, dtypes } from './dtypes'
import { elementCount } from './tensor'
import type { Tensor, TensorData } from './types'
import type { WireReader } from './wireReader'
import { eachField } from './wireReader'

/** Reads a TensorProto from `raw_data` or from its typed fields (float_data, int32_data, int64_data, double_data). */
export function readTensor(reader: WireReader): { name: string; tensor: Tensor } {
  let name = ''
  let onnx = 0
  let raw: Uint8Array | undefined
  let external = false
  const dims: number[] = []
  const typed: (number | bigint)[] = []
  const append = (values: readonly (number | bigint)[]) => {
    for (const value of values) typed.push(value)
  }
  eachField(reader, {
    1: field => dims.push(...reader.repeated(field, r => r.number())),
    2: field => (onnx = reader.number(field)),
    4: field => append(reader.repeated(field, r => r.rawFloat())),
    5: field => append(reader.repeated(field, r => r.number())),
    7: field => append(reader.repeated(field, r => r.int64())),
    8: field => (name = reader.string(field)),
    9: field => (raw = reader.data(field)),
    10: field => append(reader.repeated(field, r => r.rawDouble())),
    14: field => (external = reader.number(field) !== 0),
  })
  const dtype = dtypeOfOnnx(onnx)
  if (!dtype || external)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `tensor "${name}"`,
      got: external ? 'data in another file' : `ONNX data type ${onnx}`,
      expected: 'float32, float64, int64, int32, bool, int8 or uint8, inside the model file',
    })
  const length = elementCount(dims)
  const got = raw ? raw.length / dtypes[dtype].bytes : typed.length
  if (dims.some(dim => dim < 0) || got !== length)
    throw reader.malformed(0, `${got} elements of ${dtype} in "${name}"`, `${length} for [${dims.join(',')}]`)
  const data = dtypes[dtype].create(length)
  if (raw) new Uint8Array(data.buffer).set(raw)
  else fill(data, typed)
  return { name, tensor: { dtype, dims, data } }
}

function fill(data: TensorData, values: readonly (number | bigint)[]): void {
  if (data instanceof BigInt64Array) values.forEach((value, i) => (data[i] = BigInt(value)))
  else values.forEach((value, i) => (data[i] = Number(value)))
}
