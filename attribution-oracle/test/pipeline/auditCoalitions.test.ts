import { expect } from 'chai'
import { isFault } from '../../src/errors'
import { coalitionsOf } from '../../src/pipeline/auditCoalitions'

describe('coalitionsOf', () => {
  it('is every coalition once where they are no more than asked for', () => {
    const members = coalitionsOf(3, 8, 'seed')
    const rows = Array.from({ length: 8 }, (_, i) => members.subarray(i * 3, i * 3 + 3).join(''))
    expect(rows).to.deep.equal(['000', '100', '010', '110', '001', '101', '011', '111'])
    expect(coalitionsOf(3, 1000, 'another')).to.deep.equal(members)
  })

  it('draws by the seed where they are more', () => {
    const members = coalitionsOf(20, 32, 'seed')
    expect(members.length).to.equal(640)
    expect(coalitionsOf(20, 32, 'seed')).to.deep.equal(members)
    expect(coalitionsOf(20, 32, 'another')).to.not.deep.equal(members)
  })

  it('refuses so few that a contributor is always in or always out', () => {
    for (const count of [0, 1]) {
      const run = (): unknown => coalitionsOf(3, count, 'seed')
      expect(run)
        .to.throw()
        .satisfy((error: unknown) => isFault(error, 'INVALID_ARGUMENT'))
    }
  })
})
