import { expect } from 'chai'
import type { Row } from '../../src/domain'
import { compareWeights } from '../../src/pipeline/tolerance'

const POOL = 1n << 32n
const rows = (...weights: bigint[]): Row<'weights'>[] =>
  weights.map((weight, id) => ({ poolId: POOL, contributionId: BigInt(id), weight }))

describe('compareWeights', () => {
  const own = rows(500_000_000n, 300_000_000n, 200_000_000n)

  it('accepts what honest machines differ by, and not a unit more', () => {
    expect(compareWeights(rows(500_020_000n, 299_990_000n, 199_990_000n), own, 20)).to.deep.equal([])
    const [lie] = compareWeights(rows(500_020_001n, 299_989_999n, 199_990_000n), own, 20)
    expect([lie?.part, lie?.position]).to.deep.equal(['weights', 0])
    expect(lie?.got).to.contain('500020001')
    expect(lie?.expected).to.contain('500000000')
  })

  it('compares exactly without a tolerance', () => {
    expect(compareWeights(own, own, 0)).to.deep.equal([])
    expect(compareWeights(rows(500_000_000n, 300_000_001n, 199_999_999n), own, 0)[0]?.position).to.equal(1)
  })

  it('finds a contribution that was left out, and one that was made up', () => {
    expect(compareWeights(own.slice(0, 2), own, 20)[0]?.got).to.contain('contribution 2: 0')
    expect(compareWeights([...own, ...rows(0n, 0n, 0n, 30_000n).slice(3)], own, 20)[0]?.expected).to.contain(
      'contribution 3: 0',
    )
  })

  it('finds weights of a pool that has none', () => {
    const other = own.map(row => ({ ...row, poolId: 7n }))
    expect(compareWeights([...own, ...other], own, 20)).to.have.length(1)
  })
})
