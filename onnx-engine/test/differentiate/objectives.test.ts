import { expect } from 'chai'
import * as fc from 'fast-check'
import type { Direction, Loss, Model, PassOutput, Tensor } from '../../src/index'
import { GraphBuilder, tensor } from '../../src/index'
import { relativeDistance, runPass } from './explicit'

/** y = x·I + 0: what the layer's gradients show is the cotangent of the outputs, which the inputs choose. */
function identity(width: number): Model {
  const b = new GraphBuilder('identity')
  const entries = Array.from({ length: width * width }, (_, i) => (i % (width + 1) === 0 ? 1 : 0))
  const weight = b.initializer('w.weight', tensor('float32', [width, width], entries))
  b.output(b.matMul(b.input('x', 'float32', ['B', width]), weight), 'logits')
  return b.model()
}

const run = (
  loss: Loss,
  outputs: readonly number[][],
  targets: Tensor,
  direction: Direction,
  more: { row?: number; uniforms?: Float32Array; seed?: Tensor } = {},
): Promise<PassOutput> => {
  const [count, width] = [outputs.length, outputs[0]!.length]
  const inputs = new Map([['x', tensor('float32', [count, width], outputs.flat())]])
  return runPass(identity(width), 'codes', { inputs, targets, count }, { loss, direction, ...more })
}
const cotangents = ({ layers }: PassOutput): number[] => [...layers[0]!.gradients]

const classes: Loss = { kind: 'cross-entropy' }
const logits = [
  [1, -2, 0.5, 3],
  [0, 0, 9, -1],
  [-30, 40, 1, 2],
]
const labels = tensor('int64', [3], [0, 2, 1])
const softmax = (row: readonly number[]): number[] => {
  const highest = Math.max(...row)
  const total = row.reduce((sum, z) => sum + Math.exp(z - highest), 0)
  return row.map(z => Math.exp(z - highest) / total)
}
const is = (left: number, right: number): number => (left === right ? 1 : 0)

describe('cross-entropy', () => {
  it('gives losses and probabilities to full precision however sure the model is', async () => {
    const { loss, probability, scored } = await run(classes, logits, labels, 'loss')
    const exact = [3.1474, 0, 0].map((_, i) => {
      const others = logits[i]!.filter((__, k) => k !== [0, 2, 1][i])
      const odds = others.reduce((sum, z) => sum + Math.exp(z - logits[i]![[0, 2, 1][i]!]!), 0)
      return { loss: Math.log1p(odds), rest: odds / (1 + odds) }
    })
    exact.forEach((sample, i) => {
      expect(loss[i]! / sample.loss).to.be.closeTo(1, 3e-6)
      // 1 - p in float64 has rounding of its own below 1e-10.
      if (sample.rest > 1e-10) expect((1 - probability![i]!) / sample.rest).to.be.closeTo(1, 1e-5)
    })
    expect([...scored]).to.deep.equal([1, 1, 1])
  })

  it('derives the loss: p - e', async () => {
    const expected = logits.flatMap((row, i) => softmax(row).map((p, k) => p - is(k, [0, 2, 1][i]!)))
    expect(relativeDistance(cotangents(await run(classes, logits, labels, 'loss')), expected)).to.be.below(
      1e-6,
    )
  })

  it('derives the margin: e - softmax of the other classes', async () => {
    const expected = logits.flatMap((row, i) => {
      const label = [0, 2, 1][i]!
      return softmax(row.map((z, k) => (k === label ? -Infinity : z))).map((q, k) => is(k, label) - q)
    })
    expect(relativeDistance(cotangents(await run(classes, logits, labels, 'margin')), expected)).to.be.below(
      1e-6,
    )
  })

  it('derives sampled labels: p - e of the class that the uniform number falls into', async () => {
    const uniforms = Float32Array.of(0.95, 0.00001, 0.5)
    const expected = logits.flatMap((row, i) => softmax(row).map((p, k) => p - is(k, [3, 0, 1][i]!)))
    const output = await run(classes, logits, labels, 'sampled', { uniforms })
    expect(relativeDistance(cotangents(output), expected)).to.be.below(1e-6)
    const truth = await run(classes, logits, labels, 'loss')
    expect(output.loss).to.deep.equal(truth.loss)
  })

  it('has Fisher rows whose squares add up to the Hessian diag(p) - ppᵀ', async () => {
    const rows = await Promise.all(
      [0, 1, 2, 3].map(async row => cotangents(await run(classes, logits, labels, 'fisher-row', { row }))),
    )
    logits.forEach((row, sample) => {
      const p = softmax(row)
      const hessian = p.flatMap((left, i) => p.map((right, j) => left * is(i, j) - left * right))
      const squares = p.flatMap((_, i) =>
        p.map((__, j) => rows.reduce((sum, L) => sum + L[4 * sample + i]! * L[4 * sample + j]!, 0)),
      )
      expect(Math.max(...squares.map((s, i) => Math.abs(s - hessian[i]!)))).to.be.below(1e-6)
    })
  })

  it('takes a cotangent from the caller', async () => {
    const seed = tensor(
      'float32',
      [3, 4],
      Array.from({ length: 12 }, (_, i) => i - 5),
    )
    expect(cotangents(await run(classes, logits, labels, 'seed', { seed }))).to.deep.equal([...seed.data])
  })

  it('neither scores nor derives ignored samples', async () => {
    const ignoring: Loss = { kind: 'cross-entropy', ignoreIndex: 7 }
    const output = await run(ignoring, logits, tensor('int64', [3], [0, 7, 1]), 'loss')
    expect([output.loss[1], output.scored[1]]).to.deep.equal([0, 0])
    expect(cotangents(output).slice(4, 8).map(Math.abs)).to.deep.equal([0, 0, 0, 0])
  })

  it('loss and margin of any logits agree: loss = log(1 + exp(-margin))', async () => {
    const row = fc.array(fc.float({ min: -20, max: 20, noNaN: true }), { minLength: 3, maxLength: 3 })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), fc.nat(2), async (rows, label) => {
        const targets = tensor(
          'int64',
          [rows.length],
          rows.map(() => label),
        )
        const { loss } = await run(classes, rows, targets, 'margin')
        rows.forEach((z, i) => {
          const p = softmax(z)[label]!
          if (p > 1e-6 && p < 0.99) expect(loss[i]!).to.be.closeTo(-Math.log(p), 1e-4)
        })
      }),
      { numRuns: 25 },
    )
  })
})

describe('mean squared error', () => {
  const loss: Loss = { kind: 'mean-squared-error' }
  const outputs = [
    [1, 2, 3],
    [0, -1, 0.5],
  ]
  const targets = tensor('float32', [2, 3], [1, 0, 0, 0.5, -1, 0])

  it('is the mean over outputs', async () => {
    const output = await run(loss, outputs, targets, 'loss')
    expect(relativeDistance(output.loss, [13 / 3, 0.5 / 3])).to.be.below(1e-6)
    const expected = [0, 4 / 3, 2, -1 / 3, 0, 1 / 3]
    expect(relativeDistance(cotangents(output), expected)).to.be.below(1e-6)
  })

  it('has a margin of the summed outputs, and a diagonal Fisher of 2/outputs', async () => {
    expect(cotangents(await run(loss, outputs, targets, 'margin'))).to.deep.equal([1, 1, 1, 1, 1, 1])
    const row = cotangents(await run(loss, outputs, targets, 'fisher-row', { row: 1 }))
    expect(
      relativeDistance(
        row,
        [0, 1, 0, 0, 1, 0].map(x => x * Math.sqrt(2 / 3)),
      ),
    ).to.be.below(1e-6)
  })

  it('samples normal residuals of variance 2/outputs', async () => {
    const uniforms = Float32Array.of(0.5, 0.841344746, 0.158655254, 0.977249868, 0.5, 0.02275013)
    const found = cotangents(await run(loss, outputs, targets, 'sampled', { uniforms }))
    expect(
      relativeDistance(
        found,
        [0, 1, -1, 2, 0, -2].map(x => x * Math.sqrt(2 / 3)),
      ),
    ).to.be.below(1e-6)
  })

  it('takes targets without the axis of a single output', async () => {
    const output = await run(loss, [[1], [3]], tensor('float32', [2], [0, 3]), 'loss')
    expect([...output.loss]).to.deep.equal([1, 0])
  })
})

describe('binary cross-entropy', () => {
  const loss: Loss = { kind: 'binary-cross-entropy' }
  const outputs = [
    [2, -50],
    [-1, 60],
  ]
  const targets = tensor('float32', [2, 2], [1, 0, 0.25, 1])
  const sigma = (z: number): number => 1 / (1 + Math.exp(-z))

  it('is the mean over outputs, at both ends of the logits', async () => {
    const output = await run(loss, outputs, targets, 'loss')
    const at = (z: number, y: number): number => -y * Math.log(sigma(z)) - (1 - y) * Math.log(1 - sigma(z))
    expect(relativeDistance(output.loss, [at(2, 1) / 2, at(-1, 0.25) / 2])).to.be.below(1e-6)
    const expected = [(sigma(2) - 1) / 2, 0, (sigma(-1) - 0.25) / 2, 0]
    expect(relativeDistance(cotangents(output), expected)).to.be.below(1e-6)
  })

  it('has a Fisher row and a sample of the variance p(1-p)/outputs', async () => {
    const p = sigma(2)
    const row = cotangents(await run(loss, outputs, targets, 'fisher-row', { row: 0 }))
    expect(row[0]).to.be.closeTo(Math.sqrt((p * (1 - p)) / 2), 1e-6)
    expect(row[1]).to.equal(0)
    const uniforms = Float32Array.of(0.9, 0.5, 0.1, 0.5)
    const sampled = cotangents(await run(loss, outputs, targets, 'sampled', { uniforms }))
    expect(sampled[0]).to.be.closeTo(p / Math.SQRT2, 1e-6)
    expect(sampled[2]).to.be.closeTo((sigma(-1) - 1) / Math.SQRT2, 1e-6)
  })

  it('gives the probability of the truth of a single output', async () => {
    const output = await run(loss, [[2], [2]], tensor('float32', [2, 1], [1, 0]), 'margin')
    expect(relativeDistance(output.probability!, [sigma(2), 1 - sigma(2)])).to.be.below(1e-6)
    expect(cotangents(output)).to.deep.equal([1, -1])
  })
})
