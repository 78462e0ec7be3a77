import type { Value } from '../../../src/index'
import { int } from '../../../src/index'
import type { OperatorCase } from '../operators/operatorCase'
import { numbers } from '../operators/operatorCase'
import { Exporter } from './exporter'

const [INPUTS, HIDDEN, STEPS] = [3, 4, 3]

const weights = (gates: number, seed: number) => ({
  weight_ih: numbers([gates * HIDDEN, INPUTS], seed + 1),
  weight_hh: numbers([gates * HIDDEN, HIDDEN], seed + 2),
  bias_ih: numbers([gates * HIDDEN], seed + 3),
  bias_hh: numbers([gates * HIDDEN], seed + 4),
})

/** torch.nn.GRUCell in a loop over time, unrolled by the exporter. */
export const gruCell = (seed: number): OperatorCase => ({
  inputs: { x: numbers([2, STEPS, INPUTS], seed), h0: numbers([2, HIDDEN], seed + 5), ...weights(3, seed) },
  dims: { x: ['batch', STEPS, INPUTS], h0: ['batch', HIDDEN] },
  build: (b, v) => {
    const e = new Exporter(b).in('/cell')
    let h = v['h0']!
    for (let t = 0; t < STEPS; t++) {
      const xt = e.node('Gather', [v['x'], e.index(t)], { axis: int(1) })
      const split = (value: Value): Value[] =>
        e.nodes('Split', [value, e.constant([HIDDEN, HIDDEN, HIDDEN])], { axis: int(1) }, 3)
      const [ir, iz, iN] = split(e.linear(xt, v['weight_ih']!, v['bias_ih']!))
      const [hr, hz, hn] = split(e.linear(h, v['weight_hh']!, v['bias_hh']!))
      const r = e.node('Sigmoid', [e.node('Add', [ir, hr])])
      const z = e.node('Sigmoid', [e.node('Add', [iz, hz])])
      const n = e.node('Tanh', [e.node('Add', [iN, e.node('Mul', [r, hn])])])
      h = e.node('Add', [e.node('Mul', [e.node('Sub', [e.constant(1), z]), n]), e.node('Mul', [z, h])])
    }
    return h
  },
})

/** torch.nn.LSTMCell, its gates cut by Slice, the states of all steps stacked. */
export const lstmCell = (seed: number): OperatorCase => ({
  inputs: { x: numbers([2, STEPS, INPUTS], seed), ...weights(4, seed) },
  dims: { x: ['batch', STEPS, INPUTS] },
  build: (b, v) => {
    const e = new Exporter(b).in('/cell')
    const zeros = e.node('ConstantOfShape', [e.sizes(e.size(v['x']!, 0), HIDDEN)])
    let [h, c] = [zeros, zeros]
    const states: Value[] = []
    for (let t = 0; t < STEPS; t++) {
      const xt = e.node('Squeeze', [
        e.node('Slice', [v['x'], e.constant([t]), e.constant([t + 1]), e.constant([1])]),
        e.constant([1]),
      ])
      const gates = e.node('Add', [
        e.linear(xt, v['weight_ih']!, v['bias_ih']!),
        e.linear(h, v['weight_hh']!, v['bias_hh']!),
      ])
      const gate = (i: number): Value =>
        e.node('Slice', [gates, e.constant([i * HIDDEN]), e.constant([(i + 1) * HIDDEN]), e.constant([-1])])
      const [input, forget, cell, output] = [0, 1, 2, 3].map(gate)
      const kept = e.node('Mul', [e.node('Sigmoid', [forget]), c])
      c = e.node('Add', [kept, e.node('Mul', [e.node('Sigmoid', [input]), e.node('Tanh', [cell])])])
      h = e.node('Mul', [e.node('Sigmoid', [output]), e.node('Tanh', [c])])
      states.push(e.node('Unsqueeze', [h, e.constant([1])]))
    }
    return e.node('Concat', states, { axis: int(1) })
  },
})
