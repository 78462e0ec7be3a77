import { expect } from 'chai'
import type { Attributes, Model, Tensor, Value } from '../../../src/index'
import { GraphBuilder, checkGradients, int, numbersOf, string, tensor } from '../../../src/index'
import { OnnxEngineError } from '../../../src/errors'
import { unrollRecurrent } from '../../../src/differentiate/recurrent/unroll'
import { unsupportedOperators } from '../../../src/differentiate/check/unsupported'
import { runModel } from '../../runModel'
import { drawn } from '../exportedModels'
import { relativeDistance, runPass, weightGradients } from '../explicit'

const [STEPS, BATCH, WIDTH, SIZE] = [4, 3, 2, 5]
const gates: Record<string, number> = { LSTM: 4, GRU: 3, RNN: 1 }

interface Form {
  readonly direction?: 'forward' | 'reverse' | 'bidirectional'
  readonly attributes?: Attributes
  readonly biased?: boolean
  /** Positions of initial states that are given. */
  readonly initial?: readonly number[]
  readonly steps?: number | string
}

/** Samples first, as nn.LSTM(batch_first=True) is exported; all states and the last ones are outputs. */
function recurrentModel(op: string, form: Form = {}): Model {
  const { direction = 'forward', attributes = {}, biased = true, initial = [], steps = STEPS } = form
  const directions = direction === 'bidirectional' ? 2 : 1
  const rows = gates[op]! * SIZE
  const batch = initial.length > 0 ? BATCH : 'B'
  const nodes = op === 'LSTM' ? ['Y', 'Y_h', 'Y_c'] : ['Y', 'Y_h']
  const weights: [string, Tensor][] = [
    ['W', drawn('W', [directions, rows, WIDTH])],
    ['R', drawn('R', [directions, rows, SIZE])],
    ['B', drawn('B', [directions, 2 * rows])],
    ['H', drawn('H', [directions, BATCH, SIZE])],
    ['C', drawn('C', [directions, BATCH, SIZE])],
  ]
  const given = (position: number): string =>
    (position === 5 || position === 6) && initial.includes(position) ? ['H', 'C'][position - 5]! : ''
  const inputs = ['turned', 'W', 'R', biased ? 'B' : '', '', given(5), given(6)]
  while (inputs.at(-1) === '') inputs.pop()
  const named = { direction: string(direction), hidden_size: int(SIZE), ...attributes }
  return {
    ...{ irVersion: 8, opset: 17, producer: 'pytorch', metadata: {} },
    graph: {
      name: 'main',
      inputs: [{ name: 'x', dtype: 'float32', dims: [batch, steps, WIDTH] }],
      outputs: nodes.map((name, i) => ({
        ...{ name, dtype: 'float32' as const },
        dims: i === 0 ? [steps, directions, batch, SIZE] : [directions, batch, SIZE],
      })),
      initializers: new Map(weights.filter(([name]) => inputs.includes(name))),
      nodes: [
        {
          ...{ opType: 'Transpose', name: 'turn', inputs: ['x'], outputs: ['turned'] },
          attributes: { perm: { kind: 'ints', value: [1, 0, 2] } },
        },
        { opType: op, name: '/rnn', inputs, outputs: nodes, attributes: named },
      ],
    },
  }
}

/** A head over the mean of all states, samples first. */
function classifier(op: string, form: Form): Model {
  const { graph, ...rest } = unrollRecurrent(recurrentModel(op, form))
  const b = GraphBuilder.from(graph)
  b.clearOutputs()
  const states = b.reduceMean(b.transpose(b.value('Y'), [2, 0, 1, 3]), [1, 2])
  const head: Value = b.initializer('head.weight', drawn('head', [SIZE, 3]))
  b.output(b.matMul(states, head), 'logits')
  return { ...rest, graph: b.graph() }
}

const x = drawn('x', [BATCH, STEPS, WIDTH], 1)
const samples = { inputs: new Map([['x', x]]), targets: tensor('int64', [BATCH], [0, 2, 1]), count: BATCH }
const loss = { kind: 'cross-entropy' } as const
const options = {
  loss,
  seed: 'r',
  entries: 2,
  tolerance: 1e-7,
  tolerance32: 1e-5,
} as const

const forms: [string, string, Form][] = [
  ...['LSTM', 'GRU', 'RNN'].flatMap((op): [string, string, Form][] => [
    [op, 'forward', {}],
    [op, 'reverse, without biases', { direction: 'reverse', biased: false }],
    [
      op,
      'both ways, from given states',
      { direction: 'bidirectional', initial: [5, ...(op === 'LSTM' ? [6] : [])] },
    ],
  ]),
  ['GRU', 'with the reset gate after the product', { attributes: { linear_before_reset: int(1) } }],
  ['RNN', 'with Relu', { attributes: { activations: { kind: 'strings', value: ['Relu'] } } }],
]

describe('unrollRecurrent', () => {
  for (const [op, title, form] of forms)
    describe(`${op}, ${title}`, () => {
      it('computes what ONNX Runtime does', async () => {
        const model = recurrentModel(op, form)
        const [expected, got] = await Promise.all([
          runModel(model, { x }),
          runModel(unrollRecurrent(model), { x }),
        ])
        for (const [name, value] of Object.entries(expected)) {
          expect(got[name]!.dims, name).to.deep.equal(value.dims)
          expect(relativeDistance(numbersOf(got[name]!), numbersOf(value)), name).to.be.below(1e-6)
        }
      })

      it('has the gradients of central differences', async () => {
        const { parameters, passes } = await checkGradients(classifier(op, form), samples, options)
        expect(parameters.filter(parameter => !parameter.passes)).to.deep.equal([])
        expect(passes).to.equal(true)
        expect(parameters.map(({ name }) => name)).to.include.members(['W', 'R', 'head.weight'])
      })
    })

  it('leaves layers whose codes add up to the gradients of the weights', async () => {
    const model = classifier('LSTM', {})
    const codes = await runPass(model, 'codes', samples, { loss })
    const { gradients } = await runPass(model, 'parameters', samples, { loss })
    for (const name of ['W', 'R']) {
      const sum = new Array<number>(gradients!.get(name)!.data.length).fill(0)
      codes.layers.forEach(({ layer }, i) => {
        if (layer.weight !== name) return
        const width = layer.inWidth - (layer.bias ? 1 : 0)
        for (const sample of weightGradients(codes, i, BATCH))
          for (let at = 0; at < sum.length; at++)
            sum[at]! += sample[Math.floor(at / width) * layer.inWidth + (at % width)]!
      })
      expect(relativeDistance(sum, numbersOf(gradients!.get(name)!)), name).to.be.below(1e-5)
    }
  })

  it('is no unsupported operator', () => {
    expect(unsupportedOperators(recurrentModel('LSTM'))).to.deep.equal([])
  })

  it('leaves other models as they are', () => {
    const b = new GraphBuilder('plain')
    b.output(b.neg(b.input('x', 'float32', ['B', 2])), 'y')
    const model = b.model()
    expect(unrollRecurrent(model)).to.equal(model)
  })

  const refused: [string, Form, string][] = [
    ['an open length', { steps: 'T' }, 'got a length of T'],
    ['a clipped cell', { attributes: { clip: { kind: 'float', value: 3 } } }, 'got clip'],
    [
      'other activations',
      { attributes: { activations: { kind: 'strings', value: ['HardSigmoid', 'Tanh', 'Tanh'] } } },
      'got activations HardSigmoid, Tanh, Tanh',
    ],
  ]
  for (const [title, form, message] of refused)
    it(`refuses ${title}, naming the node`, () => {
      expect(() => unrollRecurrent(recurrentModel('LSTM', form)))
        .to.throw(OnnxEngineError, `LSTM, node "/rnn" of graph "main": ${message}`)
        .with.property('code', 'UNSUPPORTED_MODEL')
    })
})
