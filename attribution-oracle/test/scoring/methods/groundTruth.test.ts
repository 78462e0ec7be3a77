import { expect } from 'chai'
import type { CheckpointCapture, ScoreMatrix } from '../../../src/scoring/capture'
import { Linear } from '../../../src/scoring/linear/linear'
import {
  closedForm,
  dualMarginGgn,
  ekFac,
  ggn,
  logra,
  selfInfluence,
  UsageTotal,
} from '../../../src/scoring/methods'
import { areaUnderCurve, contributorLds, lds, pearson } from './counterfactuals'
import { checkpointOf, type Digits, groundTruth, networkOf, readNpy } from './digits'

const WIDTHS = [64, 64, 32, 10]
const PARAMETERS = 6570

/**
 * Against real retrains, a little below what is reached; the whole table is the bench's. The network of these tests is
 * thirty lines of plain loops, so that they stand on nothing but the methods.
 */
describe('scores against the counterfactuals of the digits', function () {
  let linear: Linear
  let digits: Digits
  let trajectories: Float64Array

  before(async function () {
    if (!groundTruth()) return this.skip()
    linear = await Linear.open()
    trajectories = readNpy('digits-mlp/ckpt_traj10').data
    digits = {
      train: { inputs: readNpy('digits_Xtr').data, targets: readNpy('digits_ytr').data },
      query: { inputs: readNpy('digits_Xte').data, targets: readNpy('digits_yte').data },
    }
  })

  const checkpoint = (run: number, step: number, data = digits, all = trajectories): CheckpointCapture => {
    const start = (run * 5 + step) * PARAMETERS
    return checkpointOf(networkOf(all.subarray(start, start + PARAMETERS), WIDTHS), data)
  }
  const total = (): ScoreMatrix => ({ rows: 1000, columns: 200, data: new Float64Array(200000) })

  describe('a convex model', () => {
    it('is explained by its closed form to LDS .95', async () => {
      const theta = readNpy('digits-lr/theta').data
      const rows = Array.from({ length: 10 }, (_, o) => [...theta.subarray(o * 65, o * 65 + 65)])
      const flat = Float64Array.from([...rows.flatMap(row => row.slice(0, 64)), ...rows.map(row => row[64]!)])
      const scores = await closedForm.score(
        checkpointOf(networkOf(flat, [64, 10]), digits),
        { weightDecay: '0.001' },
        linear,
      )
      expect(lds('digits-lr', scores)).to.be.above(0.95)
    })
  })

  describe('one run of five checkpoints', () => {
    it('gives LDS .60 and contributor LDS .66 by dual margin-GGN', async () => {
      const usage = new UsageTotal(total())
      for (let step = 0; step < 5; step++)
        usage.add(await dualMarginGgn.score(checkpoint(0, step), {}, linear))
      expect(lds('digits-mlp', usage.scores())).to.be.above(0.6)
      expect(contributorLds('digits-mlp', usage.scores(), readNpy('digits_group').data)).to.be.above(0.66)
    })
  })

  describe('the last checkpoint alone', () => {
    const bars = [
      { method: ggn, bar: 0.47 },
      { method: ekFac, bar: 0.45 },
      { method: logra, bar: 0.42 },
    ]
    for (const { method, bar } of bars) {
      it(`gives LDS ${bar} by ${method.name}`, async () => {
        const scores = await method.score(checkpoint(0, 4), {}, linear)
        expect(lds('digits-mlp', scores)).to.be.above(bar)
      })
    }
  })

  describe('value at checkpoints before saturation', () => {
    it('correlates .9 with leaving contributors out', async () => {
      const query = { inputs: readNpy('digits_Xva').data, targets: readNpy('digits_yva').data }
      const owners = readNpy('digits_group').data
      const values = new Float64Array(20)
      for (let run = 0; run < 10; run++) {
        const one = await dualMarginGgn.value(checkpoint(run, 2, { ...digits, query }), {}, linear)
        one.forEach((value, i) => (values[owners[i]!]! += value))
      }
      const [without, all] = [readNpy('digits-mlp/loco_val').data, readNpy('digits-mlp/loco_full_val').data]
      const rise = Array.from({ length: 20 }, (_, owner) => without[2 * owner]! - all[0]!)
      expect(pearson(values, rise)).to.be.above(0.9)
    })
  })

  describe('labels of which 10 % are wrong', () => {
    it('are told apart by self-influence over a trajectory with AUC .997', async () => {
      const noisy = { ...digits, train: { ...digits.train, targets: readNpy('noise/y_noisy').data } }
      const all = readNpy('noise/ckpt_traj10').data
      const sums = new Float64Array(1000)
      for (let step = 0; step < 5; step++) {
        const own = await selfInfluence.selfInfluence!(checkpoint(0, step, noisy, all), {}, linear)
        own.forEach((value, i) => (sums[i]! += value))
      }
      expect(areaUnderCurve(sums, readNpy('noise/flipped').data)).to.be.above(0.997)
    })
  })
})
