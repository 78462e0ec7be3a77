import { OnnxEngineError } from '../../errors'
import type { GraphBuilder } from '../../graph/builder'
import { divideDims, multiplyDims } from '../../graph/dims'
import { intOf, intsOf, textOf } from '../../graph/nodeAttributes'
import type { Value } from '../../graph/value'
import type { Dim, Node } from '../../model/types'

/**
 * Where the samples are in a value: how many times the batch is repeated before it in row-major order. 1 means that
 * samples come first in memory, whatever axes they share with positions.
 */
type Outer = Dim

interface Axis {
  readonly axis: number
  /** Elements of this very axis that come before the samples in it. */
  readonly within: Dim
}

const sameOrder = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity', 'Cast', 'Dropout'])
const noSamples = new Set(['Shape', 'Size', 'ConstantOfShape', 'Constant', 'NonZero'])
const reductions = /^(Reduce\w+|ArgMax|ArgMin)$/
const overAxis = new Set(['Softmax', 'LogSoftmax', 'Hardmax', 'CumSum', 'Concat', 'Split', 'TopK'])
const overLast = new Set(['LayerNormalization', 'RMSNormalization', 'SimplifiedLayerNormalization'])
const firstAxis =
  /^(Conv|ConvTranspose|(Global)?(Max|Average|Lp)Pool|(Batch|Instance|Group)Normalization|LRN|Resize|DepthToSpace|SpaceToDepth)$/

/**
 * Follows the samples through a graph.
 * @returns by value name; values without samples, and those behind operators whose axes are not known, are absent
 * @throws OnnxEngineError UNSUPPORTED_MODEL where an operator mixes samples: gradients of a sample would then not be its
 * own
 */
export function batchPlaces(
  builder: GraphBuilder,
  inputs: readonly string[],
  batch: Dim,
): Map<string, Outer> {
  const places = new Map<string, Outer>(inputs.map(name => [name, 1]))
  for (const node of builder.nodes) {
    if (noSamples.has(node.opType)) continue
    const tracker = new NodeTracker(builder, node, places, batch)
    const found = tracker.outputs()
    node.outputs.forEach((name, i) => {
      const outer = found[i] ?? (found.length === 1 ? found[0] : undefined)
      if (outer !== undefined && name !== '') places.set(name, outer)
    })
  }
  return places
}

/** Where the samples are in the axes of a value; undefined where that cannot be told. */
export function axisOfSamples(dims: readonly Dim[], outer: Outer, batch: Dim): Axis | undefined {
  let before: Dim = 1
  for (const [axis, size] of dims.entries()) {
    const within = divideDims(outer, before)
    const rest = within === undefined ? undefined : divideDims(size, within)
    if (within !== undefined && rest !== undefined && divideDims(rest, batch) !== undefined)
      return { axis, within }
    before = multiplyDims([before, size])
  }
  return undefined
}

class NodeTracker {
  constructor(
    private readonly builder: GraphBuilder,
    private readonly node: Node,
    private readonly places: ReadonlyMap<string, Outer>,
    private readonly batch: Dim,
  ) {}

  /** Per output; one entry stands for all of them. */
  outputs(): (Outer | undefined)[] {
    const { node } = this
    const carriers = node.inputs.flatMap((name, position) => {
      const outer = this.places.get(name)
      return outer === undefined ? [] : [{ position, outer }]
    })
    if (carriers.length === 0) return []
    if (sameOrder.has(node.opType)) return [carriers[0]!.position === 0 ? carriers[0]!.outer : undefined]
    if (/^(LSTM|GRU|RNN)$/.test(node.opType)) return this.recurrent(carriers[0]!)
    const found = carriers.map(({ position, outer }) => {
      const value = this.builder.value(node.inputs[position]!)
      const at = axisOfSamples(value.dims, outer, this.batch)
      const axis = at && this.outputAxis(value, position, at.axis)
      return axis === undefined ? undefined : this.outerAt(axis, at!.within)
    })
    if (found.some(outer => outer === undefined)) return []
    if (new Set(found).size > 1) throw this.mixes()
    return [found[0]]
  }

  private get output(): Value {
    return this.builder.value(this.node.outputs[0]!)
  }

  private outerAt(axis: number, within: Dim): Outer {
    return multiplyDims([...this.output.dims.slice(0, axis), within])
  }

  /** The axis of the output that holds the samples of one input; undefined where that is not known. */
  private outputAxis(value: Value, position: number, axis: number): number | undefined {
    const { node } = this
    const { opType } = node
    const rank = value.dims.length
    const aligned = axis + this.output.dims.length - rank
    if (opType === 'Transpose') {
      const perm = intsOf(node, 'perm') ?? value.dims.map((_, i) => rank - 1 - i)
      return perm.indexOf(axis)
    }
    if (opType === 'MatMul') return this.matMulAxis(position, axis, rank)
    if (opType === 'Gemm') return this.gemmAxis(position, axis)
    if (opType === 'Einsum') return this.einsumAxis(position, axis)
    if (opType === 'Gather') return this.gatherAxis(position, axis)
    if (reductions.test(opType)) return this.reducedAxis(axis, rank)
    if (overAxis.has(opType)) return this.unlessAt(axis, [this.axisAttribute(rank, opType)])
    if (overLast.has(opType)) {
      const first = normal(intOf(node, 'axis') ?? -1, rank)
      return this.unlessAt(axis, range(first, rank))
    }
    if (firstAxis.test(opType)) return position === 0 && axis === 0 ? 0 : undefined
    if (opType === 'Slice') return this.slicedAxis(axis, rank)
    if (opType === 'GatherElements') return this.unlessAt(axis, [normal(intOf(node, 'axis') ?? 0, rank)])
    return opType === 'Expand' || this.isElementwise(value, axis, aligned) ? aligned : undefined
  }

  /** Broadcasting operators have at each axis of an operand the size of the output, or 1. */
  private isElementwise(value: Value, axis: number, aligned: number): boolean {
    const { dims } = this.output
    return dims[aligned] === value.dims[axis] && value.dims.length <= dims.length
  }

  private matMulAxis(position: number, axis: number, rank: number): number | undefined {
    const contracted = position === 0 ? rank - 1 : Math.max(0, rank - 2)
    if (axis === contracted) throw this.mixes()
    const other = this.builder.value(this.node.inputs[1 - position]!).dims.length
    if (rank < 2 || other < 2) return other < 2 ? axis : undefined
    return axis + this.output.dims.length - rank
  }

  private gemmAxis(position: number, axis: number): number | undefined {
    if (position === 2) return undefined
    const turned = intOf(this.node, position === 0 ? 'transA' : 'transB') === 1 ? 1 - axis : axis
    if (turned !== position) throw this.mixes()
    return position
  }

  private einsumAxis(position: number, axis: number): number | undefined {
    const [left, right] = (textOf(this.node, 'equation') ?? '').replace(/\s/g, '').split('->')
    const letter = left?.split(',')[position]?.[axis]
    if (letter === undefined || right === undefined || letter === '.') return undefined
    const at = right.indexOf(letter)
    if (at < 0) throw this.mixes()
    return at
  }

  private gatherAxis(position: number, axis: number): number | undefined {
    const data = this.builder.value(this.node.inputs[0]!).dims.length
    const indices = this.builder.value(this.node.inputs[1]!).dims.length
    const along = normal(intOf(this.node, 'axis') ?? 0, data)
    if (position === 1) return along + axis
    if (axis === along) throw this.mixes()
    return axis < along ? axis : axis + indices - 1
  }

  private reducedAxis(axis: number, rank: number): number | undefined {
    const { node } = this
    const isArg = node.opType.startsWith('Arg')
    const given = node.inputs[1] ? this.builder.value(node.inputs[1]).known : intsOf(node, 'axes')
    if (node.inputs[1] && !given) return undefined
    const axes = isArg ? [intOf(node, 'axis') ?? 0] : (given ?? range(0, rank))
    const reduced = axes.map(each => normal(Number(each), rank))
    if (reduced.includes(axis)) throw this.mixes()
    return (intOf(node, 'keepdims') ?? 1) === 1 ? axis : axis - reduced.filter(each => each < axis).length
  }

  private slicedAxis(axis: number, rank: number): number | undefined {
    const axes = this.node.inputs[3] ? this.builder.value(this.node.inputs[3]).known : undefined
    const cut = (axes ?? range(0, this.builder.value(this.node.inputs[1]!).known?.length ?? rank)).map(each =>
      normal(Number(each), rank),
    )
    const size = this.builder.value(this.node.inputs[0]!).dims[axis]
    if (cut.includes(axis) && this.output.dims[axis] !== size) throw this.mixes()
    return axis
  }

  private recurrent({ position, outer }: { position: number; outer: Outer }): (Outer | undefined)[] {
    const x = this.builder.value(this.node.inputs[position]!)
    const at = position === 0 ? axisOfSamples(x.dims, outer, this.batch) : undefined
    const layout = intOf(this.node, 'layout') ?? 0
    if (!at || at.axis !== (layout === 1 ? 0 : 1)) return []
    if (layout === 1) return [1, 1, 1]
    const [steps] = x.dims
    const directions = textOf(this.node, 'direction') === 'bidirectional' ? 2 : 1
    return [multiplyDims([steps!, directions]), directions, directions]
  }

  private axisAttribute(rank: number, opType: string): number {
    if (opType === 'CumSum')
      return normal(Number(this.builder.value(this.node.inputs[1]!).known?.[0] ?? 0), rank)
    const otherwise = opType === 'Concat' || opType === 'Split' ? 0 : -1
    return normal(intOf(this.node, 'axis') ?? otherwise, rank)
  }

  private unlessAt(axis: number, mixed: readonly number[]): number {
    if (mixed.includes(axis)) throw this.mixes()
    return axis
  }

  private mixes(): OnnxEngineError {
    const { opType, name } = this.node
    return new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `${opType}, node "${name}" of graph "${this.builder.name}"`,
      got: 'a result that mixes samples of the batch',
      expected: `every sample computed from itself alone (${
        opType.startsWith('Gather')
          ? 'pick positions with torch.gather, not with x[torch.arange(n), i]'
          : 'export in evaluation mode, without batch statistics'
      })`,
    })
  }
}

const normal = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)
const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
