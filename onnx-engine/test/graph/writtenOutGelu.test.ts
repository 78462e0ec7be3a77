import { expect } from 'chai'
import type { Value } from '../../src/index'
import { GraphBuilder, float, gradients, numbersOf, scalar } from '../../src/index'
import { runModel } from '../runModel'
import { sample } from './checkGradients'

type Constant = (b: GraphBuilder, value: number) => Value
type Form = (b: GraphBuilder, x: Value, constant: Constant) => Value

const constants: Record<string, Constant> = {
  initializers: (b, value) => b.constant(value),
  nodes: (b, value) => b.op('Constant', [], { value: { kind: 'tensor', value: scalar('float32', value) } }),
}

const shifted: Form = (b, x, constant) =>
  b.op('Add', [constant(b, 1), b.op('Erf', [b.op('Div', [x, constant(b, Math.SQRT2)])])])

/** The orders of the factors in which exporters and model code write GELU out. */
const forms: Record<string, Form> = {
  'x·((1 + erf(x/√2))·½)': (b, x, c) => b.mul(x, b.mul(shifted(b, x, c), c(b, 0.5))),
  '(x·(1 + erf(x/√2)))·½': (b, x, c) => b.mul(b.mul(x, shifted(b, x, c)), c(b, 0.5)),
  '(½·x)·(1 + erf(x/√2))': (b, x, c) => b.mul(b.mul(c(b, 0.5), x), shifted(b, x, c)),
  '((1 + erf(x/√2))·x)/2': (b, x, c) => b.div(b.mul(shifted(b, x, c), x), c(b, 2)),
  'x·HardSigmoid(erf(x·√½))': (b, x) => b.gelu(x),
}

const x = sample([4, 5], -4, 4)
const weights = sample([4, 5], -1, 1, 7)

/** The gradient of Σ weights·f(x) by x, and the operators that computing it took beside those of f. */
async function gradientOf(
  f: (b: GraphBuilder, x: Value) => Value,
  also: (b: GraphBuilder) => Value[] = () => [],
) {
  const b = new GraphBuilder('case')
  const input = b.input('x', 'float32', ['B', 5])
  const y = f(b, input)
  const from = b.nodes.length
  const [dx] = gradients(b, y, [input, ...also(b)], b.input('weights', 'float32', ['B', 5]))
  const operators = b.nodes.slice(from).map(node => node.opType)
  b.output(dx!, 'dx')
  const { dx: found } = await runModel(b.model(), { x, weights })
  return { dx: numbersOf(found!), operators }
}

/** f of each element of x times its weight. */
const expected = (slope: (x: number) => number): number[] =>
  numbersOf(x).map((value, i) => slope(value) * numbersOf(weights)[i]!)

/** Φ by Simpson's rule over the density from 0. */
function normalDistribution(z: number): number {
  const steps = 400
  const terms = Array.from({ length: steps + 1 }, (_, i) => {
    const share = i === 0 || i === steps ? 1 : i % 2 === 1 ? 4 : 2
    return share * normalDensity((z * i) / steps)
  })
  return 0.5 + (terms.reduce((a, b) => a + b) * z) / steps / 3
}
const normalDensity = (z: number): number => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI)
const geluSlope = (z: number): number => normalDistribution(z) + z * normalDensity(z)

function expectClose(got: readonly number[], wanted: readonly number[]): void {
  const size = Math.max(...wanted.map(Math.abs))
  got.forEach((value, i) => expect(Math.abs(value - wanted[i]!) / size, `element ${i}`).below(1e-6))
}

describe('gradient of a GELU that is written out', () => {
  for (const [form, build] of Object.entries(forms))
    for (const [kind, constant] of Object.entries(constants))
      it(`is dy·(Φ(x) + x·φ(x)) of one exponential for ${form}, constants as ${kind}`, async () => {
        const { dx, operators } = await gradientOf((b, input) => build(b, input, constant))
        expectClose(dx, expected(geluSlope))
        expect(operators.filter(operator => operator === 'Exp')).to.have.length(1)
        expect(operators.length).to.be.at.most(7)
      })

  it('takes six passes where the graph has Φ(x)', async () => {
    const { operators } = await gradientOf((b, input) => b.gelu(input))
    expect(operators).to.have.members(['Mul', 'Sub', 'Exp', 'Mul', 'Add', 'Mul'])
  })

  it('holds for other factors: 3·x·(1 + erf(0.4·x))', async () => {
    const { dx } = await gradientOf((b, input) =>
      b.mul(b.mul(input, 3), b.add(b.op('Erf', [b.mul(input, 0.4)]), 1)),
    )
    const k = 0.4
    const slope = (z: number): number => {
      const distribution = 2 * normalDistribution(k * z * Math.SQRT2)
      return 3 * (distribution + ((z * k * 2) / Math.sqrt(Math.PI)) * Math.exp(-k * k * z * z))
    }
    expectClose(dx, expected(slope))
  })

  it('leaves the gate of a GEGLU its own gradient', async () => {
    const { dx } = await gradientOf((b, input) => b.mul(b.gelu(input), b.mul(input, 2)))
    expectClose(
      dx,
      expected(z => 2 * z * (geluSlope(z) + normalDistribution(z))),
    )
  })

  it('keeps to the chain rule where the gradient of something inside of it is wanted, with the same result', async () => {
    const inner = (b: GraphBuilder): Value[] => [
      b.value(b.nodes.find(node => node.opType === 'Erf')!.outputs[0]!),
    ]
    const whole = await gradientOf((b, input) => b.gelu(input))
    const parts = await gradientOf((b, input) => b.gelu(input), inner)
    expect(parts.operators.length).above(whole.operators.length)
    expectClose(parts.dx, whole.dx)
  })

  it('keeps to the chain rule where a factor is derived by', async () => {
    const scale = (b: GraphBuilder): Value[] => [b.value('scale')]
    const { dx, operators } = await gradientOf((b, input) => {
      const half = b.initializer('scale', scalar('float32', 0.5))
      return b.mul(b.mul(input, half), b.add(b.op('Erf', [b.mul(input, Math.SQRT1_2)]), 1))
    }, scale)
    expect(operators).to.include('ReduceSum')
    expectClose(dx, expected(geluSlope))
  })

  for (const [title, build] of Object.entries({
    'a sum with another constant': (b, z) => b.mul(z, b.add(b.op('Erf', [z]), 2)),
    'the erf of something else': (b, z) => b.mul(z, b.add(b.op('Erf', [b.mul(b.mul(z, z), 1)]), 1)),
    'a negative factor': (b, z) => b.mul(b.mul(z, -1), b.add(b.op('Erf', [b.mul(z, 1)]), 1)),
    'a HardSigmoid that clips': (b, z) =>
      b.mul(z, b.op('HardSigmoid', [b.op('Erf', [b.mul(z, 1)])], { alpha: float(0.7), beta: float(0.7) })),
    'a third factor': (b, z) => b.mul(b.mul(z, b.exp(z)), b.add(b.op('Erf', [b.mul(z, 1)]), 1)),
  } satisfies Record<string, (b: GraphBuilder, z: Value) => Value>))
    it(`does not take ${title} for a GELU`, async () => {
      const step = 1 / 64
      const { dx } = await gradientOf(build)
      const b = new GraphBuilder('differences')
      const at = (offset: number): Value => build(b, b.add(b.value('x'), offset))
      b.input('x', 'float32', ['B', 5])
      b.output(b.sub(at(step), at(-step)), 'difference')
      const { difference } = await runModel(b.model(), { x })
      const slopes = numbersOf(difference!).map((d, i) => (d / (2 * step)) * numbersOf(weights)[i]!)
      const size = Math.max(...slopes.map(Math.abs))
      dx.forEach((value, i) => expect(Math.abs(value - slopes[i]!) / size).below(2e-3))
    })
})
