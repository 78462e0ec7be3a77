import { expect } from 'chai'
import fc from 'fast-check'
import type { CheckpointCapture, Method, SampleCapture } from '../../../src/scoring/capture'
import { Linear } from '../../../src/scoring/linear/linear'
import { methodOf } from '../../../src/scoring/methods/blockMethod'
import { closedForm, dualMarginGgn, ekFac, ggn, logra } from '../../../src/scoring/methods'
import { fisherRows } from '../../../src/scoring/methods/fisherRows'
import { woodburySolver } from '../../../src/scoring/methods/woodburyBlock'
import { denseEkFac, denseScores, randomCheckpoint, type Shape } from './dense'

const PLAIN: Shape[] = [
  { name: 'fc1', inWidth: 5, outWidth: 3, positions: 1 },
  { name: 'fc2', inWidth: 4, outWidth: 2, positions: 1 },
]
const SEQUENCES: Shape[] = [
  { name: 'q', inWidth: 5, outWidth: 3, positions: 4 },
  { name: 'head', inWidth: 3, outWidth: 6, positions: 2 },
]

const sizes = fc.record({
  train: fc.integer({ min: 1, max: 12 }),
  query: fc.integer({ min: 1, max: 6 }),
  rows: fc.integer({ min: 1, max: 4 }),
})
const seed = fc.nat({ max: 1e6 })

function close(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  const most = Array.from(expected).reduce((a, b) => Math.max(a, Math.abs(b)), 1e-300)
  expect(got.length).to.equal(expected.length)
  for (let i = 0; i < got.length; i++) expect(got[i]! / most).to.be.closeTo(expected[i]! / most, 1e-8)
}

async function dense(
  checkpoint: CheckpointCapture,
  fisher: 'exact' | 'sampled',
  lambda: (mean: number) => number,
) {
  const directions =
    fisher === 'sampled'
      ? (['sampled'] as const)
      : Array.from({ length: checkpoint.classes! }, (_, row) => ({ row }))
  const rows = await Promise.all(directions.map(direction => checkpoint.train(direction)))
  return denseScores(await checkpoint.train('loss'), await checkpoint.query('loss'), rows, lambda)
}

function withOneOutput(checkpoint: CheckpointCapture): CheckpointCapture {
  const scored = (capture: SampleCapture): SampleCapture => ({
    ...capture,
    scored: new Int32Array(capture.count).fill(1),
  })
  return {
    ...checkpoint,
    train: async direction => scored(await checkpoint.train(direction)),
    query: async direction => scored(await checkpoint.query(direction)),
  }
}

describe('methods against dense matrices', () => {
  let linear: Linear
  before(async () => {
    linear = await Linear.open()
  })

  const woodbury = methodOf('ggn', () => woodburySolver(0.1))
  const exact: [string, Method, object][] = [
    ['ggn', ggn, {}],
    ['ggn in its dual form', woodbury, {}],
    ['logra wider than its layers', logra, { projection: 64 }],
  ]
  for (const [name, method, settings] of exact) {
    describe(name, () => {
      it('is the exact block solve with all Fisher rows', async () => {
        await fc.assert(
          fc.asyncProperty(sizes, seed, async (size, start) => {
            const checkpoint = randomCheckpoint(size, PLAIN, start)
            const scores = await method.score(checkpoint, settings, linear)
            close(scores.data, await dense(checkpoint, 'exact', mean => 0.1 * mean))
          }),
          { numRuns: 30 },
        )
      })

      it('takes all rows of a convolution with one output per sample, while memory holds them', async () => {
        const checkpoint = withOneOutput(randomCheckpoint({ train: 7, query: 3, rows: 3 }, SEQUENCES, 5))
        const scores = await method.score(checkpoint, settings, linear)
        close(scores.data, await dense(checkpoint, 'exact', mean => 0.1 * mean))
        const bytes = 7 * (3 * 4 + 6 * 2) * 4
        const rows = await fisherRows(checkpoint, { ...settings, memory: 3 * bytes - 1 })
        expect(rows.kind).to.equal('sampled')
      })

      it('is it with sampled rows over positions too, and with all rows where they are asked for', async () => {
        await fc.assert(
          fc.asyncProperty(
            sizes,
            seed,
            fc.constantFrom('exact' as const, 'sampled' as const),
            async (size, start, fisher) => {
              const checkpoint = randomCheckpoint(size, SEQUENCES, start)
              const asked = fisher === 'exact' ? { ...settings, fisher } : settings
              const scores = await method.score(checkpoint, asked, linear)
              close(scores.data, await dense(checkpoint, fisher, mean => 0.1 * mean))
            },
          ),
          { numRuns: 30 },
        )
      })
    })
  }

  it('asks samples of one position with queries of several', async () => {
    const size = { train: 6, query: 3, rows: 3 }
    const longer = PLAIN.map(shape => ({ ...shape, positions: 3 }))
    const made = randomCheckpoint(size, PLAIN, 2)
    const checkpoint = { ...made, query: randomCheckpoint(size, longer, 7).query }
    for (const method of [ggn, woodbury]) {
      const scores = await method.score(checkpoint, {}, linear)
      close(scores.data, await dense(checkpoint, 'exact', mean => 0.1 * mean))
    }
  })

  describe('closed-form', () => {
    it('damps with the L2 of the training objective', async () => {
      const checkpoint = randomCheckpoint({ train: 9, query: 4, rows: 3 }, PLAIN.slice(0, 1), 1)
      const scores = await closedForm.score(checkpoint, { weightDecay: '0.001' }, linear)
      close(scores.data, await dense(checkpoint, 'exact', () => 0.001))
    })

    it('refuses a network of more than one layer', async () => {
      const checkpoint = randomCheckpoint({ train: 9, query: 4, rows: 3 }, PLAIN, 1)
      const refusal = await closedForm.score(checkpoint, {}, linear).catch(error => error)
      expect(refusal).to.have.property('code', 'INVALID_ARGUMENT')
      expect(refusal.message).to.include('2 layers').and.include('use ggn')
    })
  })

  describe('ek-fac', () => {
    it('is the exact solve where the Fisher is diagonal in the eigenbases: one position, one-dimensional outputs', async () => {
      const shape = [{ name: 'fc', inWidth: 4, outWidth: 1, positions: 1 }]
      const checkpoint = randomCheckpoint({ train: 40, query: 3, rows: 1 }, shape, 3)
      const constant = async (direction: Parameters<CheckpointCapture['train']>[0]) => {
        const made = await checkpoint.train(direction)
        if (direction === 'loss') return made
        return { ...made, layers: made.layers.map(l => ({ ...l, gradients: new Float32Array(40).fill(1) })) }
      }
      const steady = { ...checkpoint, train: constant }
      const scores = await ekFac.score(steady, {}, linear)
      close(scores.data, await dense(steady, 'exact', mean => 0.1 * mean))
    })

    it('divides by second moments in the eigenbases, dense matrices say', async () => {
      for (const shapes of [PLAIN, SEQUENCES]) {
        const checkpoint = randomCheckpoint({ train: 8, query: 3, rows: 3 }, shapes, 9)
        const fisher = shapes === PLAIN ? [{ row: 0 }, { row: 1 }, { row: 2 }] : (['sampled'] as const)
        const rows = await Promise.all(fisher.map(direction => checkpoint.train(direction)))
        const damping = shapes === PLAIN ? 0.1 : 0.01
        const expected = denseEkFac(
          await checkpoint.train('loss'),
          await checkpoint.query('loss'),
          rows,
          damping,
        )
        close((await ekFac.score(checkpoint, {}, linear)).data, expected)
      }
    })

    it('keeps the trace of the Fisher: heavy damping gives the gradients products over λ', async () => {
      for (const shapes of [PLAIN, SEQUENCES]) {
        const checkpoint = randomCheckpoint({ train: 8, query: 3, rows: 3 }, shapes, 4)
        const fisher = shapes === PLAIN ? 'exact' : 'sampled'
        const scores = await ekFac.score(checkpoint, { damping: '10000000000' }, linear)
        close(scores.data, await dense(checkpoint, fisher, mean => 1e10 * mean))
      }
    })
  })

  for (const method of [ggn, logra, ekFac, woodbury]) {
    const name = method === woodbury ? 'ggn in its dual form' : method.name
    describe(`${name}: value and selfInfluence`, () => {
      it('are the mean of the scores and their diagonal', async () => {
        for (const shapes of [PLAIN, SEQUENCES]) {
          const made = randomCheckpoint({ train: 9, query: 9, rows: 3 }, shapes, 5)
          const checkpoint = { ...made, query: () => made.train('loss') }
          const { data } = await method.score(checkpoint, { projection: 2 }, linear)
          const rows = Array.from({ length: 9 }, (_, i) => data.subarray(i * 9, i * 9 + 9))
          close(
            await method.value(checkpoint, { projection: 2 }, linear),
            rows.map(row => row.reduce((sum, x) => sum + x / 9, 0)),
          )
          close(
            await method.selfInfluence!(checkpoint, { projection: 2 }, linear),
            rows.map((row, i) => row[i]!),
          )
        }
      })
    })
  }

  describe('a query of several scored positions', () => {
    it('counts with its mean loss', async () => {
      const made = randomCheckpoint({ train: 5, query: 2, rows: 2 }, SEQUENCES, 6)
      const scored = { ...(await made.query('loss')), scored: Int32Array.of(1, 4) }
      const plain = await ggn.score(made, {}, linear)
      const { data } = await ggn.score({ ...made, query: () => Promise.resolve(scored) }, {}, linear)
      close(
        data,
        plain.data.map((x, at) => (at % 2 === 1 ? x / 4 : x)),
      )
    })
  })

  describe('dual-margin-ggn on a regression of one output', () => {
    const shape = [{ name: 'fc', inWidth: 6, outWidth: 1, positions: 1 }]
    const regression = async (residuals: readonly number[]): Promise<CheckpointCapture> => {
      const made = randomCheckpoint({ train: residuals.length, query: 3, rows: 1 }, shape, 7)
      const one = (factor: (i: number) => number, from: 'train' | 'query') => async () => {
        const { layers, ...rest } = await made[from]('loss')
        const gradients = Float32Array.from({ length: rest.count }, (_, i) => factor(i))
        return { ...rest, layers: layers.map(layer => ({ ...layer, gradients })) }
      }
      return {
        classes: 1,
        train: direction => one(i => (direction === 'loss' ? residuals[i]! : 1), 'train')(),
        query: direction => one(i => (direction === 'loss' ? i + 1 : 1), 'query')(),
      }
    }

    it('is the exact solve with weights 1, up to the rounding of codes', async () => {
      const checkpoint = await regression([1, -2, 0, 0.5, 3, -1, 2, 1])
      const { data } = await dualMarginGgn.score(checkpoint, { damping: '0.01' }, linear)
      const margin = await checkpoint.train('margin')
      const expected = denseScores(
        await checkpoint.train('loss'),
        await checkpoint.query('loss'),
        [margin],
        mean => 0.01 * mean * 6,
      )
      const most = Math.max(...expected.map(Math.abs))
      data.forEach((x, at) => expect(x / most).to.be.closeTo(expected[at]! / most, 0.05))
    })

    it('refuses outputs whose loss moves along more than one direction', async () => {
      const checkpoint = randomCheckpoint({ train: 5, query: 3, rows: 2 }, PLAIN, 8)
      const refusal = await dualMarginGgn.score(checkpoint, {}, linear).catch(error => error)
      expect(refusal).to.have.property('code', 'INVALID_ARGUMENT')
      expect(refusal.message).to.include('several outputs').and.include('use ggn')
    })
  })
})
