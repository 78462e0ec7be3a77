import { OnnxEngineError } from '../../errors'
import { GraphBuilder } from '../../graph/builder'
import { intOf, textOf } from '../../graph/nodeAttributes'
import type { Value } from '../../graph/value'
import type { Model, Node } from '../../model/types'
import { affine, type Cell, type CellState, type CellWeights, gruCell, lstmCell, rnnCell } from './cells'

const recurrent: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN'])

export const isRecurrent = ({ opType, domain }: Node): boolean => !domain && recurrent.has(opType)

/**
 * Writes LSTM, GRU and RNN, which have no gradient of their own, as one cell after the other, so that the reverse pass and
 * the layers are those of what they compute. The model as it is where it has none.
 * @throws OnnxEngineError UNSUPPORTED_MODEL where the length is open, or for a form that PyTorch does not write
 */
export function unrollRecurrent(model: Model): Model {
  const { graph } = model
  if (!graph.nodes.some(isRecurrent)) return model
  const reserved = graph.nodes.flatMap(node => [node.name, ...node.outputs])
  const builder = new GraphBuilder(graph.name, { opset: model.opset, reserved })
  for (const { name, dtype, dims } of graph.inputs) builder.input(name, dtype, dims)
  for (const [name, value] of graph.initializers) builder.initializer(name, value)
  graph.nodes.forEach((node, i) => {
    const name = node.name === '' ? `${node.opType}.${i}` : node.name
    if (isRecurrent(node)) new Unrolling(builder, { ...node, name }).append()
    else builder.append({ ...node, name })
  })
  for (const { name } of graph.outputs) builder.output(builder.value(name))
  return { ...builder.model(model.metadata), producer: model.producer }
}

class Unrolling {
  private readonly inputs: readonly (Value | undefined)[]
  private readonly size: number
  private readonly directions: readonly ('forward' | 'reverse')[]

  constructor(
    private readonly builder: GraphBuilder,
    private readonly node: Node,
  ) {
    this.inputs = node.inputs.map(name => (name === '' ? undefined : builder.value(name)))
    this.size = Number(this.inputs[2]!.dims[2])
    const direction = textOf(node, 'direction') ?? 'forward'
    this.directions =
      direction === 'bidirectional'
        ? ['forward', 'reverse']
        : [direction === 'reverse' ? 'reverse' : 'forward']
    this.refuseOtherForms()
  }

  append(): void {
    const { builder, node } = this
    const runs = this.directions.map((direction, i) => this.run(direction, i))
    const stacked = (values: readonly Value[], axis: number): Value =>
      builder.concat(
        values.map(value => builder.unsqueeze(value, [axis])),
        axis,
      )
    const results = [
      (): Value =>
        stacked(
          runs.map(({ steps }) => stacked(steps, 0)),
          1,
        ),
      (): Value =>
        stacked(
          runs.map(({ last }) => last.hidden),
          0,
        ),
      (): Value =>
        stacked(
          runs.map(({ last }) => last.cell!),
          0,
        ),
    ]
    node.outputs.forEach((name, i) => {
      if (name !== '') builder.alias(results[i]!(), name)
    })
  }

  /** Hidden states by time [B,H], and the state at the end of a direction. */
  private run(direction: 'forward' | 'reverse', index: number): { steps: Value[]; last: CellState } {
    const { builder, length } = this
    const weights = this.weightsOf(index)
    const products = affine(builder, this.inputs[0]!, weights.input, weights.inputBias)
    const parts = length === 1 ? [products] : builder.split(products, Array<number>(length).fill(1), 0)
    const cell = this.cell(weights, index)
    const steps = new Array<Value>(length)
    let state: CellState = { hidden: this.initial(5, index), cell: this.initial(6, index) }
    for (let i = 0; i < length; i++) {
      const t = direction === 'forward' ? i : length - 1 - i
      state = cell(builder.squeeze(parts[t]!, [0]), state)
      steps[t] = state.hidden
    }
    return { steps, last: state }
  }

  private get length(): number {
    const [length] = this.inputs[0]!.dims
    if (typeof length === 'number' && length > 0) return length
    throw this.refusal(`a length of ${length}`, 'one that is fixed (export without a dynamic axis for it)')
  }

  private cell(weights: CellWeights, index: number): Cell {
    const { builder, node, size } = this
    if (node.opType === 'LSTM') return lstmCell(builder, size, weights)
    if (node.opType === 'GRU')
      return gruCell(builder, size, weights, (intOf(node, 'linear_before_reset') ?? 0) !== 0)
    return rnnCell(builder, weights, this.activations[index] ?? 'Tanh')
  }

  private weightsOf(index: number): CellWeights {
    const { builder } = this
    const [input, recurrent, bias] = this.inputs
      .slice(1, 4)
      .map(value => value && this.ofDirection(value, index))
    const half = bias && Number(bias.dims[0]) / 2
    const [inputBias, recurrentBias] = bias ? builder.split(bias, [half!, half!], 0) : []
    return {
      input: input!,
      recurrent: recurrent!,
      ...(inputBias && { inputBias }),
      ...(recurrentBias && { recurrentBias }),
    }
  }

  private initial(position: number, index: number): Value {
    const { builder, size } = this
    const given = this.inputs[position]
    if (given) return this.ofDirection(given, index)
    const batch = builder.slice(builder.shape(this.inputs[0]!), 1, 2, 0)
    return builder.expand(builder.constant(0), builder.concat([batch, builder.shapeConstant([size])], 0))
  }

  private ofDirection(value: Value, index: number): Value {
    const { builder } = this
    const own = this.directions.length === 1 ? value : builder.slice(value, index, index + 1, 0)
    return builder.squeeze(own, [0])
  }

  private get activations(): readonly string[] {
    const given = this.node.attributes['activations']
    return given?.kind === 'strings' ? given.value.map(String) : []
  }

  private refuseOtherForms(): void {
    const { node } = this
    const standard = { LSTM: ['Sigmoid', 'Tanh', 'Tanh'], GRU: ['Sigmoid', 'Tanh'], RNN: [] }[node.opType]!
    const wanted = this.directions.flatMap(() => standard)
    const plain =
      node.opType === 'RNN'
        ? this.activations.every(name => name === 'Tanh' || name === 'Relu')
        : this.activations.length === 0 || String(this.activations) === String(wanted)
    const odd = [
      plain ? undefined : `activations ${this.activations.join(', ')}`,
      (intOf(node, 'layout') ?? 0) !== 0 ? 'layout 1' : undefined,
      node.attributes['clip'] ? 'clip' : undefined,
      (intOf(node, 'input_forget') ?? 0) !== 0 ? 'input_forget' : undefined,
      this.inputs[4] ? 'lengths of its own for each sample' : undefined,
      this.inputs[7] ? 'peepholes' : undefined,
    ].find(form => form !== undefined)
    if (odd !== undefined) throw this.refusal(odd, 'the form that PyTorch exports')
  }

  private refusal(got: string, expected: string): OnnxEngineError {
    const what = `${this.node.opType}, node "${this.node.name}" of graph "${this.builder.name}"`
    return new OnnxEngineError('UNSUPPORTED_MODEL', { what, got, expected })
  }
}
