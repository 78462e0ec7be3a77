import { expect } from 'chai'
import fc from 'fast-check'
import { shuffledBatches } from '../../src/train/shuffledBatches'

const windows = (count: number): { tokens: Int32Array; targets: Int32Array }[] =>
  Array.from({ length: count }, (_, i) => ({ tokens: Int32Array.of(i), targets: Int32Array.of(i + 1) }))

const rowsOf = (batch: { tokens: { data: ArrayLike<number | bigint> } }): number[] =>
  Array.from(batch.tokens.data, Number)

describe('shuffledBatches', () => {
  it('shows every window once before any of them again', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 7 }),
        fc.string(),
        (count, size, seed) => {
          const batch = shuffledBatches(windows(count), size, seed)
          const rows = Array.from({ length: count }, (_, i) => rowsOf(batch(i + 1))).flat()
          for (let round = 0; round < size; round++) {
            const shown = rows.slice(round * count, (round + 1) * count)
            expect(shown.sort((a, b) => a - b)).to.deep.equal(Array.from({ length: count }, (_, i) => i))
          }
        },
      ),
    ))

  it('gives a step its batch whatever was asked for before', () => {
    const ordered = shuffledBatches(windows(10), 4, 'seed')
    const inOrder = [1, 2, 3, 4, 5, 6].map(step => rowsOf(ordered(step)))
    const jumping = shuffledBatches(windows(10), 4, 'seed')
    for (const step of [6, 1, 4, 2]) expect(rowsOf(jumping(step))).to.deep.equal(inOrder[step - 1])
  })

  it('shuffles anew in every round', () => {
    const batch = shuffledBatches(windows(30), 30, 'seed')
    expect(rowsOf(batch(1))).not.to.deep.equal(rowsOf(batch(2)))
  })
})
