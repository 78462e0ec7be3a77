import type { Attribute, Tensor } from './types'

export const int = (value: number): Attribute => ({ kind: 'int', value })
export const ints = (value: readonly number[]): Attribute => ({ kind: 'ints', value })
/** ONNX holds float attributes in 32 bits, so the value is rounded to what the file will say. */
export const float = (value: number): Attribute => ({ kind: 'float', value: Math.fround(value) })
export const floats = (value: readonly number[]): Attribute => ({
  kind: 'floats',
  value: value.map(Math.fround),
})
export const string = (value: string): Attribute => ({ kind: 'string', value })
export const tensorAttribute = (value: Tensor): Attribute => ({ kind: 'tensor', value })
