import { expect } from 'chai'
import fc from 'fast-check'
import { FeatureCurvature } from '../../../src/scoring/features/curvature'
import { type FeatureLayout, widthOf } from '../../../src/scoring/features/layout'
import { quantiseFeatures } from '../../../src/scoring/features/rows'
import { scoreRows } from '../../../src/scoring/features/scoreRows'
import { Linear } from '../../../src/scoring/linear/linear'
import { ggn } from '../../../src/scoring/methods'
import { denseGradients, randomCheckpoint } from '../methods/dense'
import { numbers } from '../linear/plain'

const layoutOf = (sizes: readonly number[]): FeatureLayout => ({
  layers: sizes.map((size, index) => ({ name: `fc${index}`, size })),
})

const features = (count: number, layout: FeatureLayout, seed: number): Float32Array =>
  Float32Array.from({ length: count * widthOf(layout) }, numbers(seed))

describe('stored features', () => {
  let linear: Linear
  before(async () => {
    linear = await Linear.open()
  })

  describe('scoreRows', () => {
    it('is what the rows are along the directions, layer by layer with its scale', () => {
      const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 3 })
      fc.assert(
        fc.property(sizes, fc.integer({ min: 1, max: 9 }), fc.nat(), (parts, count, seed) => {
          const layout = layoutOf(parts)
          const width = widthOf(layout)
          const rows = quantiseFeatures(features(count, layout, seed), count, layout)
          const directions = features(3, layout, seed + 1)
          const { data } = scoreRows(linear, layout, rows, directions)
          data.forEach((got, at) => {
            const [row, query] = [Math.floor(at / 3), at % 3]
            let start = 0
            let expected = 0
            parts.forEach((size, layer) => {
              for (let k = start; k < start + size; k++)
                expected +=
                  rows.scales[row * parts.length + layer]! *
                  rows.codes[row * width + k]! *
                  directions[query * width + k]!
              start += size
            })
            expect(got).to.be.closeTo(expected, 1e-5 * width)
          })
        }),
      )
    })

    it('gives the same bits however many rows are asked for at once', () => {
      const layout = layoutOf([700, 324])
      const count = 16390
      const rows = quantiseFeatures(features(count, layout, 1), count, layout)
      const directions = features(1, layout, 2)
      const { data } = scoreRows(linear, layout, rows, directions)
      const tail = {
        count: 10,
        codes: rows.codes.subarray((count - 10) * 1024),
        scales: rows.scales.subarray((count - 10) * 2),
      }
      expect([...scoreRows(linear, layout, tail, directions).data]).to.deep.equal([
        ...data.subarray(count - 10),
      ])
    })
  })

  describe('with FeatureCurvature', () => {
    it('is the exact block solve, up to the rounding of codes', async () => {
      const shapes = [
        { name: 'fc1', inWidth: 5, outWidth: 3, positions: 2 },
        { name: 'fc2', inWidth: 4, outWidth: 2, positions: 2 },
      ]
      const checkpoint = randomCheckpoint({ train: 12, query: 4, rows: 1 }, shapes, 3)
      const layout = layoutOf([15, 8])
      const gathered = async (
        of: 'train' | 'query',
        direction: 'loss' | 'sampled',
      ): Promise<Float32Array> => {
        const capture = await (of === 'train' ? checkpoint.train(direction) : checkpoint.query('loss'))
        const parts = capture.layers.map(denseGradients)
        return Float32Array.from({ length: capture.count * 23 }, (_, at) => {
          const [row, k] = [Math.floor(at / 23), at % 23]
          return k < 15 ? parts[0]![row * 15 + k]! : parts[1]![row * 8 + k - 15]!
        })
      }
      const curvature = await FeatureCurvature.open(layout)
      const sampled = await gathered('train', 'sampled')
      curvature.add(sampled.subarray(0, 7 * 23), 7)
      curvature.add(sampled.subarray(7 * 23), 5)
      const directions = curvature.directions(await gathered('query', 'loss'), 0.1)
      const rows = quantiseFeatures(await gathered('train', 'loss'), 12, layout)
      const got = scoreRows(linear, layout, rows, directions).data
      const { data } = await ggn.score(checkpoint, { fisher: 'sampled' }, linear)
      const most = Math.max(...data.map(Math.abs))
      got.forEach((x, at) => expect(x / most).to.be.closeTo(data[at]! / most, 0.02))
    })

    it('gives nothing to a layer without curvature, and refuses to solve before it has seen a sample', async () => {
      const layout = layoutOf([3])
      const curvature = await FeatureCurvature.open(layout)
      expect(() => curvature.directions(Float32Array.of(1, 2, 3), 0.1)).to.throw('no samples')
      curvature.add(new Float32Array(3), 1)
      expect([...curvature.directions(Float32Array.of(1, 2, 3), 0.1)]).to.deep.equal([0, 0, 0])
    })
  })

  describe('quantiseFeatures', () => {
    it('keeps every number within half a step of its layer', () => {
      fc.assert(
        fc.property(
          fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1 }),
          values => {
            const layout = layoutOf([values.length])
            const { codes, scales } = quantiseFeatures(Float32Array.from(values), 1, layout)
            const most = Math.max(...values.map(Math.abs))
            values.forEach((x, k) => {
              expect(Math.abs(codes[k]!)).to.be.at.most(127)
              // Beside float32's least numbers a scale has no room for 127 steps: such a sample counts as zero.
              expect(Math.abs(codes[k]! * scales[0]! - x)).to.be.at.most(
                0.51 * scales[0]! + (most < 1e-40 ? most : 0),
              )
            })
          },
        ),
      )
    })
  })
})
