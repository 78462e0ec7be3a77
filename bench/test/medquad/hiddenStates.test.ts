import { forwardModel, initialWeights } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { windowsOf } from '../../../attribution-oracle/src/scoring/epoch/windows'
import { centredCosines, hiddenStates } from '../../src/medquad/hiddenStates'

const CONFIG = { vocabSize: 11, width: 8, layers: 1, heads: 2, mlpWidth: 16, contextLength: 8 }
const sequence = (ids: number[]) => ({ windows: windowsOf(ids, { length: 8, endOfText: 10 }) })

describe('hiddenStates', () => {
  it('gives a unit vector for each sequence, the same for the same text wherever it stands', async () => {
    const forward = forwardModel(CONFIG, initialWeights(CONFIG, 'seed'))
    const texts = [
      [1, 2, 3],
      [4, 5, 6, 7, 8, 9, 1, 2, 3, 4],
      [1, 2, 3],
    ]
    const states = await hiddenStates(forward, texts.map(sequence), 1)
    for (const state of states) {
      expect(state).to.have.length(CONFIG.width)
      expect(Math.hypot(...state)).to.be.closeTo(1, 1e-9)
    }
    states[0]!.forEach((value, i) => expect(value).to.be.closeTo(states[2]![i]!, 1e-5))
    expect(states[0]!.some((value, i) => Math.abs(value - states[1]![i]!) > 1e-3)).to.equal(true)
  })
})

describe('centredCosines', () => {
  it('is taken after the mean of the rows', () => {
    const rows = [new Float64Array([5, 1]), new Float64Array([5, -1])]
    expect(centredCosines(new Float64Array([5, 3]), rows)).to.deep.equal([1, -1])
  })
})
