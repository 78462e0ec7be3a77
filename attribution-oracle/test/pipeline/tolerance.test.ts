import { expect } from 'chai'
import type { Row } from '../../src/domain'
import { compareScores, compareScreening, compareWeights } from '../../src/pipeline/tolerance'

const POOL = 1n << 32n
const rows = (...weights: bigint[]): Row<'weights'>[] =>
  weights.flatMap((weight, id) =>
    weight === 0n ? [] : [{ poolId: POOL, contributionId: BigInt(id), weight }],
  )
const ACCEPTED = new Set([0n, 1n, 2n, 3n])

describe('compareWeights', () => {
  const own = rows(500_000_000n, 300_000_000n, 200_000_000n)

  it('accepts what honest machines differ by in a whole pool, and not a unit more', () => {
    const near = rows(500_010_000n, 299_995_000n, 199_995_000n)
    expect(compareWeights(near, own, ACCEPTED, 20)).to.deep.equal([])
    const [lie] = compareWeights(rows(500_010_001n, 299_994_999n, 199_995_000n), own, ACCEPTED, 20)
    expect([lie?.part, lie?.expected]).to.deep.equal(['weights', 'at most 20000'])
    expect(lie?.got).to.contain('20002')
  })

  it('compares exactly without a tolerance', () => {
    expect(compareWeights(own, own, ACCEPTED, 0)).to.deep.equal([])
    expect(compareWeights(rows(500_000_000n, 300_000_001n, 199_999_999n), own, ACCEPTED, 0)).to.have.length(1)
  })

  it('bounds many small gifts together', () => {
    const gifts = Array.from({ length: 1000 }, () => 20_000n)
    const accepted = new Set(Array.from({ length: 1003 }, (_, i) => BigInt(i)))
    const got = rows(490_000_000n, 295_000_000n, 195_000_000n, ...gifts)
    expect(compareWeights(got, own, accepted, 20)).to.have.length(1)
  })

  it('allows no weight at all for what is not accepted', () => {
    const got = rows(499_999_999n, 300_000_000n, 200_000_000n, 1n)
    const [lie] = compareWeights(got, own, new Set([0n, 1n, 2n]), 20)
    expect([lie?.position, lie?.got]).to.deep.equal([3, `pool ${POOL}, contribution 3: 1`])
  })

  it('refuses another sum, a repeated row and another order', () => {
    expect(compareWeights(rows(500_000_001n, 300_000_000n, 200_000_000n), own, ACCEPTED, 20)).to.have.length(
      1,
    )
    expect(compareWeights([own[0]!, ...own], own, ACCEPTED, 20)[0]?.position).to.equal(1)
    expect(compareWeights([own[1]!, own[0]!, own[2]!], own, ACCEPTED, 20)[0]?.position).to.equal(1)
  })

  it('finds a contribution that was left out, and weights of a pool that has none', () => {
    expect(compareWeights(own.slice(0, 2), own, ACCEPTED, 20)).to.have.length(1)
    const other = own.map(row => ({ ...row, poolId: POOL + 7n }))
    expect(compareWeights([...own, ...other], own, ACCEPTED, 20)).to.have.length(1)
  })
})

describe('compareScores', () => {
  const scores = (...values: number[]): Row<'scores'>[] =>
    values.map((score, id) => ({ poolId: POOL, contributionId: BigInt(id), score }))
  const own = scores(0.5, -0.25, 0.25)

  it('accepts a distance in proportion to the pool, and nothing beyond it', () => {
    expect(compareScores(scores(0.50001, -0.25, 0.25), own, 20)).to.deep.equal([])
    expect(compareScores(scores(0.50003, -0.25, 0.25), own, 20)).to.have.length(1)
    expect(compareScores(scores(0.500015, -0.25, 0.250015), own, 20)).to.have.length(1)
    expect(compareScores(own, own, 0)).to.deep.equal([])
  })

  it('needs the same contributions', () => {
    expect(compareScores(own.slice(1), own, 20)[0]?.position).to.equal(0)
  })
})

describe('compareScreening', () => {
  const row: Row<'screening'> = {
    id: 1n,
    count: 1,
    contributorIndex: 0,
    verdict: 'accepted',
    reason: 'ACCEPTED',
    representative: 1n,
    novelty: 0.5,
    detail: '5.0 % better',
  }

  it('compares decisions exactly, novelty within the tolerance, and no text', () => {
    expect(compareScreening([{ ...row, novelty: 0.500001, detail: '4.9 %' }], [row], 20)).to.deep.equal([])
    expect(compareScreening([{ ...row, novelty: 0.5001 }], [row], 20)[0]?.got).to.equal('novelty 0.5001')
    expect(compareScreening([{ ...row, reason: 'NOISE' }], [row], 20)).to.have.length(1)
    expect(compareScreening([{ ...row, contributorIndex: 1 }], [row], 20)).to.have.length(1)
    expect(compareScreening([], [row], 20)).to.have.length(1)
  })
})
