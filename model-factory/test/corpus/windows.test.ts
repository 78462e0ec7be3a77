import { expect } from 'chai'
import fc from 'fast-check'
import { windowsOf } from '../../src'

const END = 99

describe('windowsOf', () => {
  const plain = (ids: number[], length: number): number[][][] =>
    windowsOf(ids, END, length).map(({ tokens, targets }) => [[...tokens], [...targets]])

  it('reads endOfText and the file, predicts the file and endOfText', () => {
    expect(plain([1, 2, 3], 4)).to.deep.equal([
      [
        [END, 1, 2, 3],
        [1, 2, 3, END],
      ],
    ])
  })

  it('pads the last window with positions that are not scored', () => {
    expect(plain([1, 2, 3, 4], 3)).to.deep.equal([
      [
        [END, 1, 2],
        [1, 2, 3],
      ],
      [
        [3, 4, END],
        [4, END, -1],
      ],
    ])
  })

  it('gives an empty file one scored position', () => {
    expect(plain([], 2)).to.deep.equal([
      [
        [END, END],
        [END, -1],
      ],
    ])
  })

  it('scores every token once and in order', () =>
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 40 }), fc.integer({ min: 1, max: 9 }), (ids, length) => {
        const windows = windowsOf(ids, END, length)
        const scored = windows.flatMap(({ targets }) => [...targets].filter(target => target !== -1))
        expect(scored).to.deep.equal([...ids, END])
        expect(windows.length).to.equal(Math.ceil((ids.length + 1) / length))
      }),
    ))
})
