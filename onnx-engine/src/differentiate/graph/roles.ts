import type { GraphBuilder } from '../../graph/builder'
import type { Node } from '../../model/types'

/**
 * What a parameter does, which decides how PyTorch draws it: matrices and biases uniform in ±1/√fanIn, tables normal,
 * scales one, shifts zero; `other` where the graph does not tell.
 */
export type Role =
  | { readonly kind: 'uniform'; readonly fanIn: number }
  | { readonly kind: 'table' | 'scale' | 'shift' | 'other' }

const turns = new Set(['Transpose', 'Identity'])

/** The role of a parameter by its first use in the graph. */
export function roleOf(builder: GraphBuilder, parameter: string): Role {
  let name = parameter
  for (;;) {
    const node = builder.nodes.find(candidate => candidate.inputs.includes(name))
    if (!node) return { kind: 'other' }
    if (!turns.has(node.opType)) return roleAt(builder, node, name)
    name = node.outputs[0]!
  }
}

function roleAt(builder: GraphBuilder, node: Node, name: string): Role {
  const { dims } = builder.value(name)
  const position = node.inputs.indexOf(name)
  switch (node.opType) {
    case 'Gather':
      return { kind: position === 0 ? 'table' : 'other' }
    case 'MatMul':
      return uniform(dims.at(position === 1 ? -2 : -1))
    case 'Gemm':
      return uniform(fanInOfGemm(builder, node))
    case 'Conv':
      return uniform(product(builder.value(node.inputs[1]!).dims.slice(1)))
    case 'ConvTranspose': {
      const weight = builder.value(node.inputs[1]!).dims
      return uniform(product(weight.slice(1)))
    }
    case 'LSTM':
    case 'GRU':
    case 'RNN':
      return uniform(builder.value(node.inputs[2]!).dims.at(-1))
    case 'Mul':
    case 'Div':
      return { kind: dims.length === 1 ? 'scale' : 'other' }
    case 'Add':
    case 'Sub':
      return addRole(builder, node, name)
    default:
      if (/Normalization$/.test(node.opType)) return { kind: position === 1 ? 'scale' : 'shift' }
      return { kind: 'other' }
  }
}

function addRole(builder: GraphBuilder, node: Node, name: string): Role {
  const other = node.inputs.find(input => input !== name)
  const producer = other === undefined ? undefined : builder.producer(builder.value(other))
  if (producer?.opType === 'MatMul') return uniform(builder.value(producer.inputs[1]!).dims.at(-2))
  return { kind: builder.value(name).dims.length === 1 ? 'shift' : 'other' }
}

function fanInOfGemm(builder: GraphBuilder, node: Node): number | string | undefined {
  const transB = node.attributes['transB']
  const isTransposed = transB?.kind === 'int' && transB.value === 1
  return builder.value(node.inputs[1]!).dims[isTransposed ? 1 : 0]
}

const uniform = (fanIn: number | string | undefined): Role =>
  typeof fanIn === 'number' && fanIn > 0 ? { kind: 'uniform', fanIn } : { kind: 'other' }

const product = (dims: readonly (number | string)[]): number =>
  dims.reduce<number>((total, dim) => total * Number(dim), 1)
