import { expect } from 'chai'
import { bm25Usage, hybridUsage, matrixOf, spanUsage } from '../../src/medquad/usage'
import type { Sequences } from '../../src/medquad/sequences'

const row = (institute: number, tokens: number[]) => ({ institute, tokens, text: '', windows: [] })
const asked = (institute: number, answerTokens: number[]) => ({
  ...{ institute, answerTokens, question: '', answer: '', windows: [] },
  scored: answerTokens.length,
})
const SEQUENCES: Sequences = {
  institutes: ['a', 'b'],
  vocabSize: 32,
  rows: [row(0, [1, 2, 3, 4, 5, 6, 7, 8]), row(1, [9, 10, 11, 12, 13, 14, 15, 16]), row(1, [17, 18, 19, 20])],
  questions: [asked(0, [30, 3, 4, 5, 6, 7, 31]), asked(1, [9, 10, 11, 30, 17, 18, 19])],
}

describe('spanUsage', () => {
  it('finds the rows that an answer was copied from', () => {
    const { data } = spanUsage(SEQUENCES)
    expect([...data].map(score => score > 0)).to.deep.equal([true, false, false, true, false, true])
  })
})

describe('hybridUsage', () => {
  it('adds the spans to the gradient part, each over its spread over institutes', () => {
    const gradient = matrixOf(3, [
      [1, 2, 3],
      [4, 0, 0],
    ])
    const spans = matrixOf(3, [
      [0, 8, 0],
      [0, 0, 2],
    ])
    const { data } = hybridUsage(gradient, spans, 0.5, SEQUENCES)
    // the spread over two institutes is half their distance: (5 - 1) / 2 and 8 / 2; 4 / 2 - 0 and 2 / 2
    const first = [1 / 2, 2 / 2 + (0.5 * 8) / 4, 3 / 2]
    const second = [4 / 2, 0, (0.5 * 2) / 1]
    expect([...data]).to.deep.equal([...matrixOf(3, [first, second]).data])
  })
})

describe('bm25Usage', () => {
  it('asks with the answer, or with the question too', () => {
    const rows = ['a red fox', 'the sea'].map((text, institute) => ({ ...row(institute, []), text }))
    const questions = [{ ...asked(0, []), question: 'sea?', answer: 'fox' }]
    const scores = (asks: 'answer' | 'question and answer'): boolean[] =>
      [...bm25Usage({ ...SEQUENCES, rows, questions }, asks).data].map(score => score > 0)
    expect(scores('answer')).to.deep.equal([true, false])
    expect(scores('question and answer')).to.deep.equal([true, true])
  })
})
