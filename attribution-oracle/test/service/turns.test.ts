import { expect } from 'chai'
import fc from 'fast-check'
import { placeOf, Turns } from '../../src/service/turns'

describe('placeOf', () => {
  it('gives every seat another place, and the first one to each seat in turn', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 32 }),
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        (size, epoch) => {
          const members = Array.from({ length: size }, (_, i) => `0x${i}`)
          const places = members.map(member => placeOf(members, member, epoch))
          expect([...places].sort((a, b) => a - b)).to.deep.equal(members.map((_, i) => i))
          expect(placeOf(members, members[epoch % size], epoch)).to.equal(0)
        },
      ),
    )
  })

  it('lets whoever has no seat come last', () => {
    expect(placeOf(['0x1', '0x2'], '0x3', 1)).to.equal(2)
    expect(placeOf(['0x1', '0x2'], undefined, 1)).to.equal(2)
  })
})

describe('Turns', () => {
  it('starts the clock with the first question about a key', () => {
    let now = 1_000
    const turns = new Turns(100, () => now)
    expect([turns.mine('a', 0), turns.mine('b', 2)]).to.deep.equal([true, false])
    now += 199
    expect([turns.mine('b', 2), turns.mine('c', 1)]).to.deep.equal([false, false])
    now += 1
    expect([turns.mine('b', 2), turns.mine('c', 1)]).to.deep.equal([true, false])
  })
})
