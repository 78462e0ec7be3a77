import { expect } from 'chai'
import fc from 'fast-check'
import { SpanIndex } from '../../../src/scoring/text/spanIndex'
import { spanScores } from '../../../src/scoring/text/spanScores'
import { naiveSpans, naiveWeight } from './naiveSpans'

describe('spanScores', () => {
  const tokens = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 12 })
  const texts = fc.array(tokens, { minLength: 1, maxLength: 6 })

  for (const form of ['own', 'rare'] as const) {
    it(`credits a row as if it were the whole corpus: ${form}`, () => {
      fc.assert(
        fc.property(texts, texts, (train, query) => {
          const { rows, columns, data } = spanScores(train, query, { form })
          expect([rows, columns]).to.deep.equal([train.length, query.length])
          const all = train.map(row => ({ tokens: row, cluster: 0 }))
          const holders = (part: number[]): number =>
            train.filter(row => row.some((_, at) => part.every((token, i) => row[at + i] === token))).length
          train.forEach((row, i) =>
            query.forEach((response, j) => {
              const naive = naiveSpans([{ tokens: row, cluster: 0 }], response, 2)
                .map(({ start, length }) => response.slice(start, start + length))
                .map(
                  part =>
                    naiveWeight(all, part) * (form === 'own' ? 1 : Math.log((rows + 1) / holders(part))),
                )
                .reduce((sum, weight) => sum + weight, 0)
              expect(data[i * columns + j]).to.be.closeTo(naive, 1e-12 * (1 + naive))
            }),
          )
        }),
      )
    })
  }

  it('credits a cluster once, at its first row, for what any of its rows holds', () => {
    const [phrase, other] = [
      [5, 6, 7, 8],
      [1, 2, 3, 4],
    ]
    const { data } = spanScores([phrase, [...other], phrase, other], [phrase, other], {
      clusters: [0, 1, 0, 0],
    })
    const of = (row: number): number[] => [...data.slice(2 * row, 2 * row + 2)]
    expect(of(0).every(score => score > 0)).to.equal(true)
    expect(of(1)[1]).to.equal(of(0)[1])
    expect([of(2), of(3)]).to.deep.equal([
      [0, 0],
      [0, 0],
    ])
  })

  it('shares as the index does when asked to', () => {
    fc.assert(
      fc.property(texts, tokens, (train, response) => {
        const documents = train.map((row, contributor) => ({ tokens: row, contributor }))
        const index = SpanIndex.build(documents, { minLength: 2 })
        const { data } = spanScores(train, [response], { form: 'shared' })
        expect([...data]).to.deep.equal([...index.scores(response).documents])
      }),
    )
  })

  it('takes no rows and no queries', () => {
    expect(spanScores([], [[1, 2, 3]])).to.deep.equal({ rows: 0, columns: 1, data: new Float64Array(0) })
    expect(spanScores([[1]], [])).to.deep.equal({ rows: 1, columns: 0, data: new Float64Array(0) })
  })
})
