import { int64s } from '../../model/tensor'
import type { Node } from '../../model/types'
import type { GraphBuilder } from '../builder'
import { textOf } from '../nodeAttributes'
import { knownNumbers } from '../shapes/known'
import type { Value } from '../value'
import { withoutGradient, type Decomposition } from './decomposition'

/** Pad by copies of the input's own elements: each axis is read at constant places. */
export const copyingPad: Decomposition = (builder, node, [x, pads, , axesInput]) => {
  const rank = x!.dims.length
  const counts = knownNumbers(pads)
  const axes = axesInput ? knownNumbers(axesInput) : x!.dims.map((_, axis) => axis)
  if (!counts || !axes)
    throw withoutGradient('Pad by counts that only the running graph knows', node, builder.name)
  const mode = textOf(node, 'mode') ?? 'constant'
  return [
    axes.reduce<Value>((value, given, i) => {
      const axis = given < 0 ? given + rank : given
      const [begin, end] = [counts[i]!, counts[i + axes.length]!]
      if (begin === 0 && end === 0) return value
      const size = x!.dims[axis]
      if (typeof size !== 'number')
        throw withoutGradient(`Pad ${mode} over an axis of open size`, node, builder.name)
      const places = placesOf(size, begin, end, (at, length) => placeIn(mode, at, length, builder, node))
      return builder.gather(value, builder.constant(int64s(places)), axis)
    }, x!),
  ]
}

/** Negative counts cut elements away first, and only what is left is copied. */
function placesOf(
  size: number,
  begin: number,
  end: number,
  placeOf: (at: number, length: number) => number,
): number[] {
  const [first, before] = [Math.max(-begin, 0), Math.max(begin, 0)]
  const length = size - first - Math.max(-end, 0)
  const total = before + length + Math.max(end, 0)
  return Array.from({ length: total }, (_, i) => first + placeOf(i - before, length))
}

function placeIn(mode: string, at: number, size: number, builder: GraphBuilder, node: Node): number {
  const modulo = (period: number): number => ((at % period) + period) % period
  if (mode === 'edge') return Math.min(Math.max(at, 0), size - 1)
  if (mode === 'wrap') return modulo(size)
  if (mode !== 'reflect') throw withoutGradient(`Pad ${mode}`, node, builder.name)
  const period = Math.max(1, 2 * (size - 1))
  return Math.min(modulo(period), period - modulo(period))
}
