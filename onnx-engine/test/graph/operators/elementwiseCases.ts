import fc from 'fast-check'
import type { Attributes, Tensor, Value } from '../../../src/index'
import type { GraphBuilder } from '../../../src/index'
import { float, int, numbersOf, string, tensor } from '../../../src/index'
import type { Cases, OperatorCase } from './operatorCase'
import { batchNames, distinct, numbers, seeds, shape } from './operatorCase'

type Draw = (dims: readonly number[], seed: number) => Tensor
const any: Draw = (dims, seed) => numbers(dims, seed)
/** On both sides of the bends at -3 and 3. */
const aroundThree: Draw = (dims, seed) => {
  const drawn = numbers(dims, seed, -5, 5)
  const moved = numbersOf(drawn).map(value => (Math.abs(Math.abs(value) - 3) < 0.05 ? value + 0.1 : value))
  return tensor('float32', dims, moved)
}
const positive: Draw = (dims, seed) => numbers(dims, seed, 0.3, 2)

const unary = (
  op: string,
  attributes: fc.Arbitrary<Attributes>,
  draw: Draw,
  more: Partial<OperatorCase> = {},
) =>
  fc
    .record({ dims: shape(1), seed: seeds, attributes, named: fc.boolean() })
    .map(({ dims, seed, attributes, named }): OperatorCase => {
      const inputs = { x: draw(dims, seed) }
      const [domain, opType] = op.includes('.')
        ? [op.slice(0, op.lastIndexOf('.')), op.slice(op.lastIndexOf('.') + 1)]
        : [undefined, op]
      const build = (b: GraphBuilder, { x }: Record<string, Value>): Value =>
        domain
          ? b.append({ opType: opType!, domain, name: 'n', inputs: ['x'], outputs: ['y'], attributes })[0]!
          : b.op(op, [x], attributes)
      return { inputs, build, ...batchNames(inputs, named), ...more }
    })

const none = fc.constant<Attributes>({})
const alpha = fc.constantFrom(0.1, 0.25, 0.5).map((value): Attributes => ({ alpha: float(value) }))
const optional = (attributes: fc.Arbitrary<Attributes>) => fc.oneof(none, attributes)

const plain = [
  'Neg',
  'Exp',
  'Abs',
  'Sin',
  'Cos',
  'Tanh',
  'Sigmoid',
  'Relu',
  'Erf',
  'Softplus',
  'Softsign',
  'Sinh',
  'Cosh',
  'Identity',
]

const unaries: Cases = {
  ...Object.fromEntries(plain.map(op => [op, unary(op, none, any)])),
  ...Object.fromEntries(['Log', 'Sqrt', 'Reciprocal'].map(op => [op, unary(op, none, positive)])),
  Tan: unary('Tan', none, (dims, seed) => numbers(dims, seed, -1.2, 1.2)),
  LeakyRelu: unary('LeakyRelu', optional(alpha), any),
  Elu: unary('Elu', optional(alpha), any),
  Celu: unary('Celu', optional(alpha), any),
  Selu: unary('Selu', none, any),
  ThresholdedRelu: unary('ThresholdedRelu', fc.constant({ alpha: float(0.03) }), any),
  HardSigmoid: unary('HardSigmoid', optional(fc.constant({ alpha: float(20), beta: float(0.5) })), any),
  HardSwish: unary('HardSwish', none, aroundThree),
  Mish: unary('Mish', none, any, { opset: 18 }),
  Gelu: unary('Gelu', fc.constantFrom<Attributes>({}, { approximate: string('tanh') }), any, { opset: 20 }),
  Swish: unary('Swish', optional(alpha), any, { opset: 24 }),
  ...Object.fromEntries(
    ['Gelu', 'FastGelu', 'QuickGelu'].map(op => [
      `com.microsoft.${op}`,
      unary(`com.microsoft.${op}`, none, any, { twinOnly: true }),
    ]),
  ),
}

/** Two shapes that broadcast: parts of one, some of their sizes replaced by 1. */
const pairOfShapes = shape(1, 4, 3).chain(full => {
  const side = fc.record({
    drop: fc.nat(full.length),
    ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  })
  const cut = ({ drop, ones }: { drop: number; ones: boolean[] }): number[] =>
    full.map((d, i) => (ones[i] ? 1 : d)).slice(drop)
  return fc.tuple(side, side).map(([a, b]) => [cut(a), cut(b)] as const)
})

const binary = (op: string, draw: Draw) =>
  fc
    .record({ dims: pairOfShapes, seed: seeds, named: fc.boolean() })
    .map(({ dims, seed, named }): OperatorCase => {
      const inputs = { a: draw(dims[0], seed), b: draw(dims[1], seed + 1) }
      const symbolic = {
        a: dims[0].map((_, i) => `a${i}`),
        b: dims[1].map((_, i) => `b${i}`),
      }
      return { inputs, build: (b, v) => b.op(op, [v['a'], v['b']]), ...(named ? { dims: symbolic } : {}) }
    })

/** Values of one operand lie between those of the other. */
const extremes = (op: string) =>
  fc
    .record({ dims: shape(1, 3), seed: seeds, count: fc.integer({ min: 1, max: 4 }) })
    .map(({ dims, seed, count }): OperatorCase => {
      const all = distinct([count, ...dims], seed)
      const part = all.data.length / count
      const inputs = Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `x${i}`,
          tensor('float32', dims, Array.from(all.data.slice(i * part, (i + 1) * part), Number)),
        ]),
      )
      return { inputs, build: (b, v) => b.op(op, Object.values(v)) }
    })

const variadic = (op: string) =>
  fc.record({ dims: pairOfShapes, seed: seeds }).map(({ dims, seed }): OperatorCase => ({
    inputs: { a: numbers(dims[0], seed), b: numbers(dims[1], seed + 1) },
    build: (b, v) => b.op(op, [v['a'], v['b'], v['a']]),
  }))

const biasGelu = fc.record({ dims: shape(1), seed: seeds }).map(({ dims, seed }): OperatorCase => ({
  inputs: { x: numbers(dims, seed), bias: numbers(dims.slice(-1), seed + 1) },
  build: b =>
    b.append({
      opType: 'BiasGelu',
      domain: 'com.microsoft',
      name: 'n',
      inputs: ['x', 'bias'],
      outputs: ['y'],
      attributes: {},
    })[0]!,
  twinOnly: true,
}))

const binaries: Cases = {
  'com.microsoft.BiasGelu': biasGelu,
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div', 'Pow'].map(op => [op, binary(op, positive)])),
  'Pow by a constant': fc
    .record({ dims: shape(1), seed: seeds, power: fc.constantFrom(0.5, 1, 2, 3, -1) })
    .map(({ dims, seed, power }) => ({
      inputs: { x: numbers(dims, seed, 0.3, 2) },
      build: (b, { x }) => b.pow(x!, power),
    })),
  Mod: fc
    .record({ dims: shape(1, 3), seed: seeds, named: fc.boolean() })
    .map(({ dims, seed, named }): OperatorCase => {
      const [quotients, shares, b] = [
        numbersOf(numbers(dims, seed, -3, 3)).map(Math.trunc),
        numbersOf(numbers(dims, seed + 1, 0.2, 0.8)),
        positive(dims, seed + 2),
      ]
      const whole = quotients.map((n, i) => (n + Math.sign(n || 1) * shares[i]!) * Number(b.data[i]))
      const inputs = { a: tensor('float32', dims, whole), b }
      return {
        inputs,
        build: (g, v) => g.op('Mod', [v['a'], v['b']], { fmod: int(1) }),
        ...batchNames(inputs, named),
      }
    }),
  Max: extremes('Max'),
  Min: extremes('Min'),
  Sum: variadic('Sum'),
  Mean: variadic('Mean'),
  PRelu: fc.record({ dims: shape(2, 4), seed: seeds, each: fc.boolean() }).map(({ dims, seed, each }) => ({
    inputs: {
      x: numbers(dims, seed),
      slope: numbers(each ? [dims[1]!, ...dims.slice(2).map(() => 1)] : [1], seed + 1, 0.1, 0.6),
    },
    build: (b, { x, slope }) => b.op('PRelu', [x, slope]),
  })),
  Where: fc.record({ dims: pairOfShapes, seed: seeds }).map(({ dims, seed }) => ({
    inputs: { a: numbers(dims[0], seed), b: numbers(dims[1], seed + 1) },
    build: (b, v) => b.where(b.op('Less', [v['a'], v['b']]), b.mul(v['a']!, 2), b.exp(v['b']!)),
  })),
  Clip: fc
    .record({ dims: shape(1), seed: seeds, low: fc.boolean(), high: fc.boolean() })
    .map(({ dims, seed, low, high }) => ({
      inputs: { x: numbers(dims, seed) },
      build: (b, { x }) =>
        b.mul(
          b.op('Clip', [x, low ? b.constant(-0.031) : undefined, high ? b.constant(0.029) : undefined]),
          x!,
        ),
    })),
  Cast: unary('Cast', fc.constant({ to: int(1) }), any),
  CastLike: fc.record({ dims: shape(1), seed: seeds }).map(({ dims, seed }) => ({
    inputs: { x: numbers(dims, seed) },
    build: (b, { x }) => b.mul(b.op('CastLike', [b.op('Tanh', [x]), x]), x!),
  })),
  Dropout: unary('Dropout', none, any),
  Trilu: fc
    .record({
      dims: shape(2, 4),
      seed: seeds,
      upper: fc.integer({ min: 0, max: 1 }),
      k: fc.integer({ min: -1, max: 2 }),
    })
    .map(({ dims, seed, upper, k }) => ({
      inputs: { x: numbers(dims, seed) },
      build: (b, { x }) => b.op('Trilu', [x, b.constant(tensor('int64', [], [k]))], { upper: int(upper) }),
    })),
  CumSum: fc
    .record({
      dims: shape(1, 3),
      seed: seeds,
      exclusive: fc.integer({ min: 0, max: 1 }),
      reverse: fc.integer({ min: 0, max: 1 }),
    })
    .map(({ dims, seed, exclusive, reverse }) => ({
      inputs: { x: numbers(dims, seed) },
      build: (b, { x }) =>
        b.op('CumSum', [x, b.constant(tensor('int64', [], [dims.length - 1]))], {
          exclusive: int(exclusive),
          reverse: int(reverse),
        }),
    })),
}

export const elementwiseCases: Cases = { ...unaries, ...binaries }
