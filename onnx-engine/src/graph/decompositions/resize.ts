import type { OnnxEngineError } from '../../errors'
import type { Node } from '../../model/types'
import { intOf, textOf } from '../nodeAttributes'
import { inferShapes } from '../shapes/infer'
import { resizeScales } from '../shapes/resize'
import type { Value } from '../value'
import { alongAxis } from './alongAxis'
import { withoutGradient, type Decomposition } from './decomposition'

/**
 * Resize by nearest elements or linear interpolation is linear and works on each axis by itself: one product with a
 * matrix per axis.
 */
export const resize: Decomposition = (builder, node, inputs) => {
  const [x] = inputs
  const { dims } = inferShapes(node, inputs, builder.name)[0]!
  const scales = resizeScales(node, inputs)
  const refuse = (how: string): OnnxEngineError => withoutGradient(`Resize ${how}`, node, builder.name)
  if (intOf(node, 'antialias') === 1) throw refuse('with antialiasing')
  return [
    dims.reduce<Value>((value, size, axis) => {
      const from = x!.dims[axis]!
      if (size === from && (scales?.[axis] ?? 1) === 1) return value
      if (typeof size !== 'number' || typeof from !== 'number') throw refuse('of an axis of open size')
      const coordinate = coordinatesOf(node, from, size, scales?.[axis] ?? size / from, refuse)
      const row = rowOf(node, from, refuse)
      return alongAxis(
        builder,
        value,
        axis,
        Array.from({ length: size }, (_, i) => row(coordinate(i))),
      )
    }, x!),
  ]
}

/** Where in the input a result is read; in float32, as ONNX Runtime computes it. */
function coordinatesOf(
  node: Node,
  from: number,
  to: number,
  exactScale: number,
  refuse: (how: string) => OnnxEngineError,
): (i: number) => number {
  const scale = Math.fround(exactScale)
  const half = (i: number): number => Math.fround(Math.fround((i + 0.5) / scale) - 0.5)
  const mode = textOf(node, 'coordinate_transformation_mode') ?? 'half_pixel'
  const modes: Readonly<Record<string, (i: number) => number>> = {
    half_pixel: half,
    pytorch_half_pixel: to > 1 ? half : () => 0,
    align_corners: i => (to === 1 ? 0 : Math.fround((i * (from - 1)) / (to - 1))),
    asymmetric: i => Math.fround(i / scale),
  }
  const found = modes[mode]
  if (!found) throw refuse(`with coordinates by ${mode}`)
  return found
}

/** How much each element of the input counts at a place. */
function rowOf(
  node: Node,
  from: number,
  refuse: (how: string) => OnnxEngineError,
): (place: number) => number[] {
  const inside = (place: number): number => Math.min(Math.max(place, 0), from - 1)
  const row = (...shares: (readonly [number, number])[]): number[] => {
    const counts = new Array<number>(from).fill(0)
    for (const [at, share] of shares) counts[at]! += share
    return counts
  }
  const mode = textOf(node, 'mode') ?? 'nearest'
  if (mode === 'linear')
    return place => {
      const low = Math.floor(inside(place))
      const share = inside(place) - low
      return row([low, 1 - share], [inside(low + 1), share])
    }
  if (mode !== 'nearest') throw refuse(`by ${mode} interpolation`)
  const roundings: Readonly<Record<string, (place: number) => number>> = {
    round_prefer_floor: place => Math.ceil(place - 0.5),
    round_prefer_ceil: place => Math.floor(place + 0.5),
    floor: Math.floor,
    ceil: Math.ceil,
  }
  const rounded = roundings[textOf(node, 'nearest_mode') ?? 'round_prefer_floor']
  if (!rounded) throw refuse('by unknown nearest_mode')
  return place => row([inside(rounded(place)), 1])
}
