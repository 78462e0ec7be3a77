import { expect } from 'chai'
import fc from 'fast-check'
import { ShingleTable } from '../../src/screening/shingleTable'

/** Hashes of 52 bits, many of which share their low bits. */
const hash = fc
  .tuple(fc.nat(2 ** 20 - 1), fc.oneof(fc.nat(3), fc.nat()))
  .map(([high, low]) => high * 2 ** 32 + low)

describe('ShingleTable', () => {
  it('answers as a Map does', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(hash, fc.nat(1e6)), { maxLength: 3000, size: 'max' }), entries => {
        const table = new ShingleTable()
        const map = new Map<number, number>()
        for (const [shingle, position] of entries) {
          expect(table.get(shingle)).to.equal(map.get(shingle))
          table.addIfAbsent(shingle, position)
          if (!map.has(shingle)) map.set(shingle, position)
        }
        for (const [shingle, position] of map) expect(table.get(shingle)).to.equal(position)
      }),
      { numRuns: 30 },
    )
  })

  it('keeps the first position of a shingle', () => {
    const table = new ShingleTable()
    table.addIfAbsent(0, 0)
    table.addIfAbsent(0, 1)
    expect([table.get(0), table.get(2 ** 32)]).to.deep.equal([0, undefined])
  })

  it('holds more shingles than a Map can', () => {
    const table = new ShingleTable()
    const count = 2 ** 24 + 1
    // an odd multiplier makes the hashes distinct
    const shingleOf = (index: number): number =>
      (index % 2 ** 20) * 2 ** 32 + (Math.imul(index, 0x9e3779b1) >>> 0)
    for (let index = 0; index < count; index++) table.addIfAbsent(shingleOf(index), index)
    for (let index = 0; index < count; index += 4099) {
      if (table.get(shingleOf(index)) !== index) expect.fail(`shingle ${index} is lost`)
    }
    expect(table.get(shingleOf(count))).to.equal(undefined)
  })
})
