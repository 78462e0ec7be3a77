import { expect } from 'chai'
import fc from 'fast-check'
import type { MedquadPair } from '../../src/medquad/records'
import { splitMedquad } from '../../src/medquad/split'

/** Pairs whose answers share no shingle, `perDocument` of them in each document. */
function corpus(sizes: Record<string, number>, perDocument = 4): MedquadPair[] {
  return Object.entries(sizes).flatMap(([source, count]) =>
    Array.from({ length: count }, (_, i) => ({
      id: `${source}-${i}`,
      source,
      document: `${source}-document-${Math.floor(i / perDocument)}`,
      question: `what of ${source} ${i}?`,
      answer: Array.from({ length: 30 }, (__, word) => `${source}${i}w${word}`).join(' '),
    })),
  )
}

const OPTIONS = { seed: 'seed', trainingSize: 60_000, questions: 5 }

describe('splitMedquad', () => {
  it('trains on no held-out pair, and holds out as many questions of each institute', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 6 }), (seed, perDocument) => {
        const { institutes, training, heldOut } = splitMedquad(
          corpus({ small: 120, large: 400 }, perDocument),
          { ...OPTIONS, seed },
        )
        const trained = new Set(training.map(({ id }) => id))
        expect(heldOut.filter(({ id }) => trained.has(id))).to.be.empty
        for (const [institute, name] of institutes.entries()) {
          const own = heldOut.filter(passage => passage.institute === institute)
          expect(own.length).to.be.within(1, OPTIONS.questions)
          expect(own.every(({ id }) => id.startsWith(name))).to.equal(true)
        }
      }),
      { numRuns: 30 },
    )
  })

  it('gives institutes text in proportion to the square root of what they have', () => {
    const { training } = splitMedquad(corpus({ a: 400, b: 1600 }), { ...OPTIONS, trainingSize: 90_000 })
    const sizeOf = (institute: number): number =>
      training
        .filter(passage => passage.institute === institute)
        .reduce((sum, { question, answer }) => sum + question.length + answer.length, 0)
    expect(sizeOf(1) / sizeOf(0)).to.be.within(1.8, 2.3)
  })

  it('is the same for the same seed and another for another', () => {
    const pairs = corpus({ a: 200, b: 200 })
    const ids = (seed: string): string[] =>
      splitMedquad(pairs, { ...OPTIONS, seed }).training.map(({ id }) => id)
    expect(ids('one')).to.deep.equal(ids('one'))
    expect(ids('one')).to.not.deep.equal(ids('two'))
  })

  describe('given answers that stand in training passages', () => {
    it('drops them, whoever trained on them', () => {
      const same = 'an answer that every institute gives word for word to whatever question it is asked'
      const pairs = corpus({ a: 200, b: 200 }).map(pair => ({ ...pair, answer: `${same} ${same}` }))
      const { heldOut, nearDuplicates } = splitMedquad(pairs, OPTIONS)
      expect(heldOut).to.be.empty
      expect(nearDuplicates).to.be.greaterThan(0)
    })
  })
})
