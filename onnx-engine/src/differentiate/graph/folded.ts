import type { GraphBuilder } from '../../graph/builder'
import type { Node } from '../../model/types'

/**
 * Whether an operand that an exporter named (`onnx::Add_12`) is what constant folding left of a parameter: a vector
 * added right after a MatMul; the scale of an RMSNorm; scale or shift of a GroupNorm, which follow an
 * InstanceNormalization of its groups; the first rows of a table of learnt positions, added to rows of a table of tokens.
 */
export function isFolded(builder: GraphBuilder, node: Node, operand: string): boolean {
  const other = node.inputs.find(input => input !== operand)
  if (other === undefined) return false
  if (isGroupNorm(builder, other) || isScale(builder, node, operand, other)) return true
  if (node.opType !== 'Add') return false
  const { dims } = builder.value(operand)
  const producer = builder.producer(builder.value(other))
  if (dims.length === 1) return producer?.opType === 'MatMul'
  return isEmbedding(builder, other) && !isSinusoidal(builder, operand)
}

/** A vector that multiplies what was divided by its root mean square: RMSNorm's scale, or one more than it. */
function isScale(builder: GraphBuilder, node: Node, operand: string, other: string): boolean {
  if (node.opType !== 'Mul' || builder.value(operand).dims.length !== 1) return false
  const normal = builder.producer(builder.value(other))
  if (normal?.opType !== 'Mul' && normal?.opType !== 'Div') return false
  return normal.inputs.some(input => isRoot(builder, input, normal.opType === 'Mul'))
}

/** The root of a mean, or where `inverted` one divided by it. */
function isRoot(builder: GraphBuilder, name: string, inverted: boolean): boolean {
  const producer = builder.producer(builder.value(name))
  if (!producer) return false
  if (inverted)
    return ['Div', 'Reciprocal'].includes(producer.opType) && isRoot(builder, producer.inputs.at(-1)!, false)
  if (producer.opType !== 'Sqrt') return false
  const radicand = builder.producer(builder.value(producer.inputs[0]!))
  return radicand?.opType === 'ReduceMean' || (radicand?.opType === 'Add' && isMean(builder, radicand))
}

const isMean = (builder: GraphBuilder, { inputs }: Node): boolean =>
  inputs.some(input => builder.producer(builder.value(input))?.opType === 'ReduceMean')

const beforeGroupNorm: Readonly<Record<string, string>> = { Mul: 'Reshape', Reshape: 'InstanceNormalization' }

/** Reshape of an InstanceNormalization, or that scaled. */
function isGroupNorm(builder: GraphBuilder, name: string, after = ['Mul', 'Reshape']): boolean {
  const producer = builder.producer(builder.value(name))
  if (!producer || !after.includes(producer.opType)) return false
  const before = beforeGroupNorm[producer.opType]!
  return producer.inputs
    .slice(0, producer.opType === 'Reshape' ? 1 : 2)
    .some(input =>
      before === 'InstanceNormalization'
        ? builder.producer(builder.value(input))?.opType === before
        : isGroupNorm(builder, input, [before]),
    )
}

/** Rows of a table, scaled or summed with others. */
function isEmbedding(builder: GraphBuilder, name: string): boolean {
  const producer = builder.producer(builder.value(name))
  if (producer?.opType === 'Gather') {
    const table = builder.initializers.get(producer.inputs[0]!)
    return table !== undefined && table.dims.length === 2
  }
  if (producer?.opType !== 'Add' && producer?.opType !== 'Mul') return false
  return producer.inputs.some(input => isEmbedding(builder, input))
}

/** Sines and cosines of position 0 are nothing but zeros and ones. */
function isSinusoidal(builder: GraphBuilder, name: string): boolean {
  const table = builder.initializers.get(name)
  if (!table) return false
  const row = Array.from({ length: table.dims.at(-1)! }, (_, i) => Number(table.data[i]))
  return row.every(value => value === 0 || value === 1) && row.includes(0) && row.includes(1)
}
