import { elementCount, type NpyArray, type Tensor, type ValueInfo } from '@open-datanets/onnx-engine'
import { shapeText } from './arrayFile'
import type { JobFaults } from './faults'

/** What an array is called, and where what is remarkable about it goes. */
export interface Reading {
  readonly name: string
  readonly faults: JobFaults
  readonly notes: string[]
}

const isFloating = (dtype: string): boolean => dtype.startsWith('float')

/**
 * An array as an input of a model: integers become the model's integers or floats, floats its floats; the first axis
 * counts samples. Records a fault for NaN, infinity, another shape or fractions where the model takes integers.
 */
export function inputTensor(
  array: NpyArray,
  info: ValueInfo,
  { name, faults, notes }: Reading,
): Tensor | undefined {
  const { shape, dtype } = array
  const wanted = info.dims.slice(1)
  const fits =
    shape.length === info.dims.length &&
    wanted.every((dim, i) => typeof dim === 'string' || dim === shape[i + 1])
  if (!fits) {
    faults.add(
      name,
      shapeText(shape),
      `${shapeText(['samples', ...wanted])}, as input "${info.name}" of the model takes`,
    )
    return undefined
  }
  if (isFloating(info.dtype)) {
    const found = firstNotFinite(array)
    if (found !== undefined) {
      const row = Math.floor(found / (elementCount(shape.slice(1)) || 1))
      faults.add(name, `${Number(array.data[found])} in row ${row}`, 'finite numbers')
      return undefined
    }
    if (dtype === 'float64' && info.dtype === 'float32') notes.push(`${name}: float64 was rounded to float32`)
    const data = info.dtype === 'float64' ? Float64Array.from(array.data, Number) : floats(array)
    return { dtype: info.dtype === 'float64' ? 'float64' : 'float32', dims: shape, data }
  }
  if (isFloating(dtype)) {
    faults.add(name, dtype, `integers, as input "${info.name}" of the model takes (${info.dtype})`)
    return undefined
  }
  if (info.dtype === 'int64')
    return { dtype: 'int64', dims: shape, data: BigInt64Array.from(array.data as never, BigInt) }
  if (info.dtype === 'int32')
    return { dtype: 'int32', dims: shape, data: Int32Array.from(array.data, Number) }
  if (info.dtype === 'bool')
    return {
      dtype: 'bool',
      dims: shape,
      data: Uint8Array.from(array.data as Uint8Array, x => Number(Number(x) !== 0)),
    }
  faults.add(
    name,
    `an input of ${info.dtype}`,
    'a model whose inputs are float32, float64, int64, int32 or bool',
  )
  return undefined
}

/** Whole numbers as int32, from integers or from floats without fractions; undefined with a fault for others. */
export function wholeNumbers(array: NpyArray, { name, faults }: Reading): Int32Array | undefined {
  const whole = new Int32Array(array.data.length)
  for (let i = 0; i < whole.length; i++) {
    const value = Number(array.data[i])
    whole[i] = value
    if (whole[i] !== value) {
      faults.add(name, `${value} at position ${i}`, 'whole numbers')
      return undefined
    }
  }
  return whole
}

/** Finite numbers as float32. */
export function finiteNumbers(array: NpyArray, { name, faults }: Reading): Float32Array | undefined {
  const found = firstNotFinite(array)
  if (found === undefined) return floats(array)
  faults.add(name, `${Number(array.data[found])} at position ${found}`, 'finite numbers')
  return undefined
}

export function firstNotFinite({ dtype, data }: NpyArray): number | undefined {
  if (!isFloating(dtype)) return undefined
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return i
  return undefined
}

function floats({ data }: NpyArray): Float32Array {
  return data instanceof Float32Array ? data : Float32Array.from(data, Number)
}
