import { expect } from 'chai'
import fc from 'fast-check'
import {
  addDims,
  broadcastDims,
  divideDims,
  floorDivideDims,
  multiplyDims,
  subtractDims,
} from '../../src/graph/dims'
import type { Dim } from '../../src/index'

const atom: fc.Arbitrary<Dim> = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.constantFrom('B', 'T', 'max(A,B)'),
)

describe('sizes', () => {
  it('have one name however they were computed', () => {
    expect(addDims('T', 'T')).to.equal('2*T')
    expect(subtractDims(addDims('T', 3), 3)).to.equal('T')
    expect(addDims(addDims('T', 1), -1)).to.equal('T')
    expect(multiplyDims(['B', addDims('T', 1)])).to.equal('(B+B*T)')
    expect(divideDims(multiplyDims(['B', 12, addDims('T', 1)]), multiplyDims([12, 'B']))).to.equal('(T+1)')
    expect(divideDims(multiplyDims(['B', addDims('T', 1)]), addDims('T', 1))).to.equal('B')
    expect(subtractDims(0, 'T')).to.equal('(-T)')
    expect(addDims(subtractDims(0, 'T'), 'T')).to.equal(0)
    expect(broadcastDims(['B', 1], ['T'])).to.deep.equal(['B', 'T'])
  })

  it('keep a quotient that is not exact as a name', () => {
    expect(floorDivideDims('T', 2)).to.equal('floor(T/2)')
    expect(floorDivideDims(7, 2)).to.equal(3)
    expect(divideDims('T', 2)).to.equal(undefined)
    expect(divideDims('B', 0)).to.equal(undefined)
    expect(divideDims(7, 'T')).to.equal(undefined)
  })

  it('follow the laws of arithmetic', () => {
    fc.assert(
      fc.property(atom, atom, atom, (a, b, c) => {
        expect(addDims(a, b)).to.equal(addDims(b, a))
        expect(addDims(addDims(a, b), c)).to.equal(addDims(a, addDims(b, c)))
        expect(multiplyDims([a, addDims(b, c)])).to.equal(addDims(multiplyDims([a, b]), multiplyDims([a, c])))
        expect(subtractDims(addDims(a, b), b)).to.equal(a)
        if (b !== 0) expect(divideDims(multiplyDims([a, b]), b)).to.equal(a)
      }),
    )
  })
})
