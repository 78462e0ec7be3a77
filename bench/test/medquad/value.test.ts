import { expect } from 'chai'
import type { Question, Sequences } from '../../src/medquad/sequences'
import { checkpointValues, lossesWithout } from '../../src/medquad/value'

const question = (institute: number, scored: number): Question => ({
  institute,
  scored,
  question: '',
  answer: '',
  answerTokens: [],
  windows: [],
})
const SEQUENCES: Sequences = {
  institutes: ['a', 'b'],
  vocabSize: 0,
  rows: [],
  questions: [question(0, 10), question(0, 30), question(1, 5)],
}

describe('lossesWithout', () => {
  it('is the rise of the weighted mean loss of a token', () => {
    const runs = {
      checkpoints: [],
      full: [20, 60, 5],
      without: [
        [40, 80, 5],
        [20, 60, 15],
      ],
    }
    const [withoutA, withoutB] = lossesWithout(runs, SEQUENCES, [0.75, 0.25])
    expect(withoutA).to.be.closeTo(0.75 * (120 / 40 - 80 / 40), 1e-12)
    expect(withoutB).to.be.closeTo(0.25 * (15 / 5 - 5 / 5), 1e-12)
  })
})

describe('checkpointValues', () => {
  it('weighs the institutes whose answers were held out, and knows the run of each checkpoint', () => {
    const checkpoint = (scale: number) => ({
      usage: { rows: 0, columns: 0, data: new Float64Array(0) },
      value: [
        [scale, 2 * scale],
        [3 * scale, -scale],
      ],
    })
    expect(checkpointValues([[checkpoint(1), checkpoint(10)], [checkpoint(2)]], [0.5, 0.5])).to.deep.equal([
      { run: 0, values: new Float64Array([1.5, 1]) },
      { run: 0, values: new Float64Array([15, 10]) },
      { run: 1, values: new Float64Array([3, 2]) },
    ])
  })
})
