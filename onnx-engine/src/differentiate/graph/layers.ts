import type { GraphBuilder } from '../../graph/builder'
import type { UnfoldOptions } from '../../graph/unfold'
import { convolutionWindow } from '../../graph/window'
import { elementCount } from '../../model/tensor'
import type { Node } from '../../model/types'
import type { CapturedLayer } from '../options'
import { layerName } from './names'

/** A layer in a graph: `x` and `y` are the names of its input and of its product, before the bias for MatMul. */
export interface LayerPlace extends CapturedLayer {
  readonly x: string
  readonly y: string
  /** For a convolution: its window, and which of its groups this is. */
  readonly patches?: Patches
}

export interface Patches {
  readonly window: UnfoldOptions
  readonly group: number
  readonly groups: number
}

/**
 * Every layer that multiplies activations by a parameter, in the order of the nodes: MatMul with it on the right, Gemm
 * with it as B, Conv, each of whose groups is a layer; parameters are followed through Identity and Transpose. The bias
 * is Gemm's C, that of Conv, or a parameter vector that is all that is added to a MatMul.
 */
export function findLayers(builder: GraphBuilder, parameters: ReadonlySet<string>): LayerPlace[] {
  const uses = new Map<string, number>()
  return builder.nodes.flatMap(node => {
    if (node.domain) return []
    const found =
      node.opType === 'Conv' ? convolution(builder, parameters, node) : linear(builder, parameters, node)
    return found.map(place => {
      const use = (uses.get(place.name) ?? 0) + 1
      uses.set(place.name, use)
      return use === 1 ? place : { ...place, name: `${place.name}#${use}` }
    })
  })
}

function linear(builder: GraphBuilder, parameters: ReadonlySet<string>, node: Node): LayerPlace[] {
  if (node.opType !== 'MatMul' && node.opType !== 'Gemm') return []
  if (number(node, 'transA', 0) === 1 || number(node, 'alpha', 1) !== 1) return []
  const weight = matrixOf(builder, parameters, node.inputs[1]!)
  const [x, y] = [node.inputs[0]!, node.outputs[0]!]
  if (!weight || builder.initializers.has(x)) return []
  const biasWeight =
    node.opType === 'MatMul' ? addedVector(builder, parameters, y) : gemmBias(builder, parameters, node)
  const bias = biasWeight !== undefined
  return [
    {
      name: layerName(weight.name, biasWeight, node),
      kind: 'linear',
      inWidth: Number(builder.value(x).dims.at(-1)) + (bias ? 1 : 0),
      outWidth: Number(builder.value(y).dims.at(-1)),
      bias,
      weight: weight.name,
      transposed: weight.transposed !== (number(node, 'transB', 0) === 0),
      ...(bias && { biasWeight }),
      x,
      y,
    },
  ]
}

function convolution(builder: GraphBuilder, parameters: ReadonlySet<string>, node: Node): LayerPlace[] {
  const [x, weight, biasWeight] = node.inputs as [string, string, string?]
  if (!parameters.has(weight)) return []
  const dims = builder.value(weight).dims as readonly number[]
  const groups = number(node, 'group', 1)
  const { kernel, strides, dilations, begin, end } = convolutionWindow(
    node,
    builder.name,
    builder.value(x),
    builder.value(weight),
  )
  const window = { kernel, strides, dilations, pads: [...begin, ...end], group: groups }
  const bias = biasWeight !== undefined && parameters.has(biasWeight)
  const name = layerName(weight, biasWeight, node)
  return Array.from({ length: groups }, (_, group) => ({
    name: groups === 1 ? name : `${name}/${group}`,
    kind: 'convolution',
    inWidth: elementCount(dims.slice(1)) + (bias ? 1 : 0),
    outWidth: dims[0]! / groups,
    bias,
    weight,
    transposed: false,
    ...(bias && { biasWeight }),
    x,
    y: node.outputs[0]!,
    patches: { window, group, groups },
  }))
}

/** The parameter behind a matrix operand; `transposed` where it was turned an odd number of times on the way. */
function matrixOf(
  builder: GraphBuilder,
  parameters: ReadonlySet<string>,
  operand: string,
): { name: string; transposed: boolean } | undefined {
  let [name, transposed] = [operand, false]
  while (!parameters.has(name)) {
    const producer = builder.producer(builder.value(name))
    if (!producer || !(followed.has(producer.opType) || isDirection(builder, producer))) return undefined
    if (producer.opType === 'Transpose') transposed = !transposed
    name = producer.inputs[0]!
  }
  return builder.value(operand).dims.length === 2 ? { name, transposed } : undefined
}

const followed = new Set(['Transpose', 'Identity'])

/** Weights of a recurrent operator are [directions, gates, width], of which its cells take one. */
function isDirection(builder: GraphBuilder, { opType, inputs }: Node): boolean {
  const { dims } = builder.value(inputs[0]!)
  if (opType === 'Squeeze') return dims.length === 3 && dims[0] === 1
  const axes = inputs[3] === undefined ? undefined : builder.value(inputs[3]).known
  return opType === 'Slice' && dims.length === 3 && String(axes) === '0'
}

function gemmBias(builder: GraphBuilder, parameters: ReadonlySet<string>, node: Node): string | undefined {
  const name = node.inputs[2]
  if (name === undefined || !parameters.has(name) || number(node, 'beta', 1) !== 1) return undefined
  const { dims } = builder.value(name)
  return dims.length === 1 || (dims.length === 2 && dims[0] === 1) ? name : undefined
}

function addedVector(
  builder: GraphBuilder,
  parameters: ReadonlySet<string>,
  product: string,
): string | undefined {
  const uses = builder.nodes.filter(node => node.inputs.includes(product))
  const [add] = uses
  if (uses.length !== 1 || add?.opType !== 'Add' || add.domain) return undefined
  const other = add.inputs.find(name => name !== product)
  if (other === undefined || !parameters.has(other)) return undefined
  const { dims } = builder.value(other)
  const isVector =
    dims.at(-1) === builder.value(product).dims.at(-1) && dims.slice(0, -1).every(dim => dim === 1)
  return isVector ? other : undefined
}

function number(node: Node, attribute: string, otherwise: number): number {
  const found = node.attributes[attribute]
  return found?.kind === 'int' || found?.kind === 'float' ? found.value : otherwise
}
