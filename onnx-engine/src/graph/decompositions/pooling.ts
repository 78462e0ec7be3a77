import type { Node } from '../../model/types'
import type { GraphBuilder } from '../builder'
import { isStatic } from '../dims'
import { intOf } from '../nodeAttributes'
import { unfoldColumns } from '../unfold'
import type { Value } from '../value'
import type { Window } from '../window'
import { poolWindow, positionsAlong } from '../window'
import { alongAxis } from './alongAxis'
import { toPositions } from './convolution'
import { withoutGradient, type Decomposition } from './decomposition'

/**
 * An average over windows is linear and works on each spatial axis by itself, so it is one product with a matrix of
 * [positions, size] per axis; where a size is a name, the mean of the unfolded windows.
 */
const averagePool: Decomposition = (builder, node, [x]) => {
  const window = poolWindow(node, builder.name, x!)
  const sizes = x!.dims.slice(2)
  const countPads = intOf(node, 'count_include_pad') === 1
  if (!isStatic(sizes)) return [meanOfWindows(builder, node, x!, window, countPads)]
  return [
    sizes.reduce<Value>(
      (value, size, axis) =>
        alongAxis(builder, value, axis + 2, weightsOf(window, axis, Number(size), countPads)),
      x!,
    ),
  ]
}

function meanOfWindows(
  builder: GraphBuilder,
  node: Node,
  x: Value,
  window: Window,
  countPads: boolean,
): Value {
  const padded = [...window.begin, ...window.end].some(count => count !== 0)
  if (window.ceil || (padded && !countPads))
    throw withoutGradient(
      `AveragePool with windows of different sizes over [${x.dims.join(',')}]`,
      node,
      builder.name,
    )
  const { columns, tap } = unfoldColumns(builder, x, window)
  const taps = window.kernel.reduce((product, size) => product * size, 1)
  const parted = builder.reshape(columns, [0, Number(x.dims[1]), taps, -1])
  return toPositions(builder, builder.reduceMean(parted, [2]), tap.dims, tap)
}

/** What each position takes of each element, rows of the matrix in a row. */
function weightsOf(window: Window, axis: number, size: number, countPads: boolean): number[][] {
  const [kernel, stride, dilation] = [window.kernel[axis]!, window.strides[axis]!, window.dilations[axis]!]
  const [begin, end] = [window.begin[axis]!, window.end[axis]!]
  return Array.from({ length: Number(positionsAlong(window, axis, size)) }, (_, position) => {
    const taps = Array.from({ length: kernel }, (_, i) => position * stride - begin + i * dilation)
    const inside = taps.filter(tap => tap >= 0 && tap < size)
    // A window that ceil_mode lets run past the padding does not count what lies beyond.
    const count = countPads ? taps.filter(tap => tap < size + end).length : inside.length
    const row = Array.from({ length: size }, () => 0)
    for (const tap of inside) row[tap] = 1 / count
    return row
  })
}

const spatialAxes = (x: Value): number[] => x.dims.map((_, i) => i).slice(2)

export const poolingDecompositions: Readonly<Record<string, Decomposition>> = {
  AveragePool: averagePool,
  GlobalAveragePool: (builder, _node, [x]) => [builder.reduceMean(x!, spatialAxes(x!), true)],
  GlobalMaxPool: (builder, _node, [x]) => [builder.reduceMax(x!, spatialAxes(x!), true)],
}
