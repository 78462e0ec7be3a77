import { expect } from 'chai'
import { poolId, poolParts } from '../../src/domain'

describe('poolId', () => {
  it('puts the kind above the id', () => {
    expect(poolId('datanet', 1)).to.equal(0x100000001n)
    expect(poolId('model', 0xffffffff)).to.equal(0x2ffffffffn)
    expect(poolParts(0x200000007n)).to.deep.equal({ kind: 'model', id: 7 })
    expect(poolParts(0x300000007n)).to.equal(undefined)
  })

  it('refuses ids that would run into the kind', () => {
    expect(() => poolId('model', 2 ** 32)).to.throw('INVALID_ARGUMENT')
    expect(() => poolId('model', -1)).to.throw('INVALID_ARGUMENT')
  })
})
