import { OnnxEngineError } from '../../errors'
import { int64s, scalar, tensor } from '../../model/tensor'
import type { Dim, Node, Tensor } from '../../model/types'
import { multiplyDims, subtractDims } from '../dims'
import { floatOf, floatsOf, intOf, intsOf, tensorOf } from '../nodeAttributes'
import type { ShapeRule } from './context'
import { isKnown, knownElements } from './known'

/** What a Constant holds, by whichever attribute it says it; undefined for strings and sparse tensors. */
export function constantTensor(node: Node): Tensor | undefined {
  const [float, floats, int, ints] = [
    floatOf(node, 'value_float'),
    floatsOf(node, 'value_floats'),
    intOf(node, 'value_int'),
    intsOf(node, 'value_ints'),
  ]
  if (float !== undefined) return scalar('float32', float)
  if (floats) return tensor('float32', [floats.length], floats)
  if (int !== undefined) return scalar('int64', int)
  return ints ? int64s(ints) : tensorOf(node, 'value')
}

const constant: ShapeRule = context => {
  const value = constantTensor(context.node)
  if (value) return [{ dtype: value.dtype, dims: value.dims, known: knownElements(value) }]
  const { node, graph } = context
  throw new OnnxEngineError('UNSUPPORTED_MODEL', {
    what: `Constant, node "${node.name}" of graph "${graph}"`,
    got: Object.keys(node.attributes).join(', ') || 'no attribute',
    expected: 'value, value_int, value_ints, value_float or value_floats',
  })
}

const constantOfShape: ShapeRule = context => {
  const value = context.tensor('value')
  const dims = context.shapeFrom(context.input(0))
  const count = multiplyDims(dims)
  const fill = value && knownElements(value)?.[0]
  const known = isKnown(count) ? Array.from({ length: count }, () => fill ?? 0) : undefined
  return [{ dtype: value?.dtype ?? 'float32', dims, known }]
}

const range: ShapeRule = context => {
  const values = [context.input(0), context.input(1), context.input(2)]
  const [from, to, step] = values.map(value => value.known?.[0])
  const dtype = values[0]!.dtype
  if (typeof from === 'number' && typeof to === 'number' && typeof step === 'number') {
    const size = Math.max(0, Math.ceil((to - from) / step))
    const known = isKnown(size) ? Array.from({ length: size }, (_, i) => from + i * step) : undefined
    return [{ dtype, dims: [size], known }]
  }
  const size = from === undefined || to === undefined || step !== 1 ? undefined : subtractDims(to, from)
  return [{ dtype, dims: [size ?? context.unknown(0)] }]
}

const shape: ShapeRule = context => {
  const { dims } = context.input(0)
  const known = dims.slice(context.int('start', 0), context.int('end', dims.length))
  return [{ dtype: 'int64', dims: [known.length], known }]
}

const eyeLike: ShapeRule = context => {
  const { dtype, dims } = context.input(0)
  const to = intOf(context.node, 'dtype')
  return [{ dtype: to === undefined ? dtype : context.dtype(to), dims }]
}

const oneHot: ShapeRule = context => {
  const [indices, depth, values] = [context.input(0), context.input(1), context.input(2)]
  const axis = context.axis(context.int('axis', -1), indices.dims.length + 1)
  const size: Dim = depth.known?.[0] ?? context.unknown(axis)
  return [{ dtype: values.dtype, dims: [...indices.dims.slice(0, axis), size, ...indices.dims.slice(axis)] }]
}

export const generatorShapes: Record<string, ShapeRule> = {
  Constant: constant,
  ConstantOfShape: constantOfShape,
  Range: range,
  Shape: shape,
  Size: context => [{ dtype: 'int64', dims: [], known: [multiplyDims(context.input(0).dims)] }],
  EyeLike: eyeLike,
  OneHot: oneHot,
}
