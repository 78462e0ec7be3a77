import type { GraphBuilder } from '../../graph/builder'
import type { Value } from '../../graph/value'

/** Weights of one direction: [gates·H, inputs], [gates·H, H], and where there are biases [gates·H] of each. */
export interface CellWeights {
  readonly input: Value
  readonly recurrent: Value
  readonly inputBias?: Value
  readonly recurrentBias?: Value
}

export interface CellState {
  /** [B,H] */
  readonly hidden: Value
  /** [B,H], of an LSTM. */
  readonly cell?: Value
}

/** One step: from the products of its inputs [B, gates·H] and the state before it to the state after it. */
export type Cell = (products: Value, state: CellState) => CellState

/** x·Wᵀ + b */
export function affine(builder: GraphBuilder, x: Value, weight: Value, bias: Value | undefined): Value {
  const product = builder.matMul(x, builder.transpose(weight, [1, 0]))
  return bias ? builder.add(product, bias) : product
}

/** Gates in the order of ONNX: input, output, forget, candidate. */
export function lstmCell(
  builder: GraphBuilder,
  size: number,
  { recurrent, recurrentBias }: CellWeights,
): Cell {
  return (products, { hidden, cell }) => {
    const gates = builder.add(products, affine(builder, hidden, recurrent, recurrentBias))
    const [i, o, f, candidate] = builder.split(gates, [size, size, size, size], 1)
    const kept = builder.mul(builder.op('Sigmoid', [f]), cell!)
    const added = builder.mul(builder.op('Sigmoid', [i]), builder.op('Tanh', [candidate]))
    const next = builder.add(kept, added)
    return { cell: next, hidden: builder.mul(builder.op('Sigmoid', [o]), builder.op('Tanh', [next])) }
  }
}

/**
 * Gates in the order of ONNX: update, reset, candidate.
 * @param after whether the reset gate is applied after the recurrent product, as PyTorch does
 */
export function gruCell(
  builder: GraphBuilder,
  size: number,
  { recurrent, recurrentBias }: CellWeights,
  after: boolean,
): Cell {
  const three = [size, size, size]
  return (products, { hidden }) => {
    const [xz, xr, xc] = builder.split(products, three, 1)
    const gate = (x: Value, h: Value): Value => builder.op('Sigmoid', [builder.add(x, h)])
    let [update, candidate]: [Value, Value] = [xz!, xc!]
    if (after) {
      const [hz, hr, hc] = builder.split(affine(builder, hidden, recurrent, recurrentBias), three, 1)
      update = gate(xz!, hz!)
      candidate = builder.add(xc!, builder.mul(gate(xr!, hr!), hc!))
    } else {
      const [wz, wr, wc] = builder.split(recurrent, three, 0)
      const [bz, br, bc] = recurrentBias ? builder.split(recurrentBias, three, 0) : []
      update = gate(xz!, affine(builder, hidden, wz!, bz))
      const reset = builder.mul(gate(xr!, affine(builder, hidden, wr!, br)), hidden)
      candidate = builder.add(xc!, affine(builder, reset, wc!, bc))
    }
    const fresh = builder.op('Tanh', [candidate])
    return { hidden: builder.add(fresh, builder.mul(update, builder.sub(hidden, fresh))) }
  }
}

export function rnnCell(
  builder: GraphBuilder,
  { recurrent, recurrentBias }: CellWeights,
  activation: string,
): Cell {
  return (products, { hidden }) => {
    const sum = builder.add(products, affine(builder, hidden, recurrent, recurrentBias))
    return { hidden: builder.op(activation, [sum]) }
  }
}
