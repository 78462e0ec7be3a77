import { GraphBuilder } from '../../graph/builder'
import { isFloat } from '../../model/dtypes'
import { elementCount, tensor } from '../../model/tensor'
import type { Model, Tensor, ValueInfo } from '../../model/types'
import { counterBytes, type CounterStream } from '../../random/counterStream'

export interface RandomInputsOptions {
  readonly seed: string
  /** Samples, where the model leaves that open. */
  readonly count: number
  /** What other axes are whose size the model leaves open. */
  readonly open: number
}

/** Inputs that a model can take: normal floats, and integers below the size of the table that they index. */
export function randomInputs(forward: Model, o: RandomInputsOptions): Map<string, Tensor> {
  const builder = GraphBuilder.from(forward.graph, { opset: forward.opset })
  return new Map(
    forward.graph.inputs.map(info => {
      const dims = info.dims.map((dim, i) => (typeof dim === 'number' ? dim : i === 0 ? o.count : o.open))
      const random = counterBytes(o.seed, 'check', info.name)
      return [info.name, tensor(info.dtype, dims, drawn(builder, info, elementCount(dims), random))]
    }),
  )
}

function drawn(builder: GraphBuilder, info: ValueInfo, length: number, random: CounterStream): number[] {
  const bound = info.dtype === 'bool' ? 2 : (tableSize(builder, info.name) ?? 2)
  const draw = isFloat(info.dtype) ? () => random.normal() : () => random.below(bound)
  return Array.from({ length }, draw)
}

/** The size of the axis that an input picks from, where it is the indices of a Gather, cast or as it is. */
function tableSize(builder: GraphBuilder, name: string): number | undefined {
  for (const node of builder.nodes) {
    if (node.opType === 'Gather' && node.inputs[1] === name) {
      const axis = node.attributes['axis']
      const size = builder.value(node.inputs[0]!).dims[axis?.kind === 'int' ? axis.value : 0]
      if (typeof size === 'number') return size
    }
    if ((node.opType === 'Cast' || node.opType === 'Identity') && node.inputs[0] === name) {
      const size = tableSize(builder, node.outputs[0]!)
      if (size !== undefined) return size
    }
  }
  return undefined
}

/** Targets of the dims that a pass asks for: classes, 0 or 1, or normal numbers. */
export function randomTargets(
  kind: 'classes' | 'binary' | 'numbers',
  dims: readonly number[],
  classes: number,
  seed: string,
): Tensor {
  const random = counterBytes(seed, 'check targets')
  const draw = {
    classes: () => random.below(classes),
    binary: () => random.below(2),
    numbers: () => random.normal(),
  }
  const values = Array.from({ length: elementCount(dims) }, draw[kind])
  return tensor(kind === 'classes' ? 'int64' : 'float64', dims, values)
}
