import { startThread } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import fc from 'fast-check'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { encodeCodes } from '../../../src/scoring/codes/encode'
import {
  dualScores,
  dualSelfInfluence,
  dualValue,
  problemOfCodes,
  queryOfCodes,
} from '../../../src/scoring/codes/stageB'
import type { ScoreMatrix } from '../../../src/scoring/capture'
import { Linear } from '../../../src/scoring/linear/linear'
import { fixedCodes } from './fixedCodes'
import { plainStageB } from './plainStageB'

const digest = (data: Float64Array): string => createHash('sha256').update(data).digest('hex')

function inThread(
  jobs: { name: string; train: Uint8Array; query: Uint8Array }[],
): Promise<Record<string, string>> {
  const digests: Record<string, string> = {}
  return new Promise((resolve, reject) => {
    startThread(join(__dirname, 'stageBThread.ts'), jobs)
      .on('message', ({ name, digest: answer }) => (digests[name] = answer))
      .on('error', reject)
      .on('exit', () => resolve(digests))
  })
}

describe('stage B', () => {
  let linear: Linear
  const scoresOf = (n: number, m: number, seed: number): ScoreMatrix =>
    dualScores(linear, problemOfCodes(fixedCodes(n, seed), 0.0003), queryOfCodes(fixedCodes(m, seed + 1)))
  before(async () => {
    linear = await Linear.open()
  })

  it('gives the bits that were pinned when it was written', () => {
    expect(digest(scoresOf(70, 9, 11).data)).to.equal(
      'c1ad588bb0228ce364bccd2fca22c5ccb8d0b1e9995eb804a277ac84f6a9cd35',
    )
  })

  it('gives the bits of the plain loops', () => {
    const sizes = fc.integer({ min: 1, max: 45 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 9 }), fc.nat({ max: 1e6 }), (n, m, seed) => {
        const expected = plainStageB(fixedCodes(n, seed), fixedCodes(m, seed + 1), 0.0003)
        expect(digest(scoresOf(n, m, seed).data)).to.equal(digest(expected))
      }),
      { numRuns: 40 },
    )
  })

  it('gives the same bits in other threads, in another order, in an arena that was used before', async () => {
    const jobs = [1, 2, 3].map(seed => ({
      name: `checkpoint ${seed}`,
      train: encodeCodes(fixedCodes(20 + seed, seed)),
      query: encodeCodes(fixedCodes(4, seed + 1)),
    }))
    const [forth, back] = await Promise.all([inThread(jobs), inThread([...jobs].reverse())])
    expect(forth).to.deep.equal(back)
    expect(forth['checkpoint 2']).to.equal(digest(scoresOf(22, 4, 2).data))
  })

  it('values a sample at the mean of its scores', () => {
    const [problem, query] = [problemOfCodes(fixedCodes(30, 5), 0.0003), queryOfCodes(fixedCodes(8, 6))]
    const { data } = dualScores(linear, problem, query)
    const values = dualValue(linear, problem, query)
    values.forEach((value, i) => {
      const mean = data.subarray(i * 8, i * 8 + 8).reduce((sum, x) => sum + x / 8, 0)
      expect(value).to.be.closeTo(mean, 1e-12 * Math.max(...data.map(Math.abs)))
    })
  })

  it('gives self-influence as the diagonal of the scores of training samples as queries', () => {
    const codes = fixedCodes(30, 7)
    const problem = problemOfCodes(codes, 0.0003)
    const { data } = dualScores(linear, problem, queryOfCodes(codes))
    const most = Math.max(...data.map(Math.abs))
    dualSelfInfluence(linear, problem).forEach((self, i) =>
      expect(self).to.be.closeTo(data[i * 30 + i]!, 1e-9 * most),
    )
  })

  describe('given samples that move nothing', () => {
    it('scores zero, not NaN', () => {
      const codes = fixedCodes(6, 8)
      for (const layer of codes.layers) {
        layer.gradients.fill(0)
        layer.gradientScales.fill(0)
      }
      const problem = problemOfCodes(codes, 0.0003)
      expect([...dualScores(linear, problem, queryOfCodes(codes)).data].every(x => x === 0)).to.equal(true)
      expect([...dualSelfInfluence(linear, problem)]).to.deep.equal([0, 0, 0, 0, 0, 0])
      expect([...dualValue(linear, problem, queryOfCodes(codes))]).to.deep.equal([0, 0, 0, 0, 0, 0])
    })
  })

  describe('given a query of which the model is certain', () => {
    it('scores it in proportion to what it would with a doubt', () => {
      const [certain, doubtful] = [fixedCodes(3, 4), fixedCodes(3, 4)]
      certain.doubts[1] = 0
      doubtful.doubts[1] = 1 << 12
      const problem = problemOfCodes(fixedCodes(6, 9), 0.0003)
      const column = (codes: typeof certain): number[] =>
        [...dualScores(linear, problem, queryOfCodes(codes)).data].filter((_, at) => at % 3 === 1)
      const [a, b] = [column(certain), column(doubtful)]
      a.forEach((x, i) => expect(x / a[0]!).to.be.closeTo(b[i]! / b[0]!, 1e-9 * Math.abs(b[i]! / b[0]!)))
      expect(a[0]).not.to.equal(0)
    })
  })

  describe('given a sample of which the model is certain', () => {
    it('gives it nothing, and the others finite scores', () => {
      const codes = fixedCodes(6, 9)
      codes.doubts[2] = 0
      const { data } = dualScores(linear, problemOfCodes(codes, 0.0003), queryOfCodes(fixedCodes(3, 4)))
      expect([...data.subarray(6, 9)].every(x => x === 0)).to.equal(true)
      expect(data.every(Number.isFinite)).to.equal(true)
    })
  })
})
