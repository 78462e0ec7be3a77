import { OnnxEngineError } from '../errors'
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from '../safetensors/float16'
import { dtypes } from './dtypes'
import type { DType, Tensor } from './types'

export const elementCount = (dims: readonly number[]): number =>
  dims.reduce((product, dim) => product * dim, 1)

/**
 * A tensor from plain numbers in row-major order; the count must be the product of `dims`. Throws INVALID_ARGUMENT on
 * another count and on `string`, which `stringTensor` makes.
 */
export function tensor(dtype: DType, dims: readonly number[], values: ArrayLike<number>): Tensor {
  const length = elementCount(dims)
  if (values.length !== length)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: `values of a tensor [${dims.join(',')}]`,
      got: `${values.length}`,
      expected: `${length}`,
    })
  const data = dtypes[dtype].create(length)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array)
    for (let i = 0; i < length; i++) data[i] = BigInt(values[i]!)
  else if (dtype === 'float16') for (let i = 0; i < length; i++) data[i] = toFloat16(values[i]!)
  else if (dtype === 'bfloat16') for (let i = 0; i < length; i++) data[i] = toBfloat16(values[i]!)
  else for (let i = 0; i < length; i++) data[i] = values[i]!
  return { dtype, dims: [...dims], data }
}

export const scalar = (dtype: DType, value: number): Tensor => tensor(dtype, [], [value])

export const int64s = (values: readonly number[]): Tensor => tensor('int64', [values.length], values)

/** The elements as numbers; 64-bit integers beyond 2^53 are rounded. Throws INVALID_ARGUMENT on texts. */
export function numbersOf(value: Tensor): number[] {
  const { dtype, data } = value
  if (dtype === 'string') dtypes.string.create(0)
  if (dtype === 'float16') return Array.from(data as Uint16Array, fromFloat16)
  if (dtype === 'bfloat16') return Array.from(data as Uint16Array, fromBfloat16)
  return Array.from(data as ArrayLike<number | bigint>, Number)
}

/** The same numbers in another type (int64 to float64 and so on), rounded as that type's array does. */
export const castTensor = (value: Tensor, dtype: DType): Tensor =>
  value.dtype === dtype ? value : tensor(dtype, value.dims, numbersOf(value))
