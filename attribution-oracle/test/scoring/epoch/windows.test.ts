import { expect } from 'chai'
import fc from 'fast-check'
import { IGNORED, windowsOf } from '../../../src/scoring/epoch/windows'

const END = 99

describe('windowsOf', () => {
  it('pads the last window with targets that are not scored', () => {
    const windows = windowsOf([1, 2, 3, 4], { length: 3, endOfText: END })
    expect(windows.map(({ tokens, targets, scored }) => [[...tokens], [...targets], scored])).to.deep.equal([
      [[END, 1, 2], [1, 2, 3], 3],
      [[3, 4, END], [4, END, IGNORED], 2],
    ])
  })

  it('scores every token and the end exactly once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(98), { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (ids, length) => {
        const targets = windowsOf(ids, { length, endOfText: END }).flatMap(window => [...window.targets])
        expect(targets.filter(target => target !== IGNORED)).to.deep.equal([...ids, END])
      }),
    )
  })

  it('takes a prompt as context and leaves an answer open', () => {
    const windows = windowsOf([1, 2, 3, 4, 5], { length: 3, endOfText: END, unscored: 3, closed: false })
    expect(windows.map(({ tokens, targets }) => [[...tokens], [...targets]])).to.deep.equal([
      [
        [3, 4, END],
        [4, 5, IGNORED],
      ],
    ])
  })
})
