import { createHash } from 'node:crypto'
import { expect } from 'chai'
import fc from 'fast-check'
import { counterBytes } from '../../src/random/counterStream'

describe('counterBytes', () => {
  it('is SHA-256 in counter mode over a key that binds seed and context', () => {
    const prefixed = (text: string) => {
      const bytes = Buffer.from(text)
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return Buffer.concat([length, bytes])
    }
    const sha256 = (...parts: Buffer[]) => createHash('sha256').update(Buffer.concat(parts)).digest()
    const key = sha256(
      Buffer.from('open-datanets/counter-stream/v1'),
      prefixed('seed'),
      prefixed('data'),
      prefixed('3'),
    )
    const block = (counter: number) => sha256(key, Buffer.from([0, 0, 0, 0, 0, 0, 0, counter]))

    const stream = counterBytes('seed', 'data', 3)
    const drawn = Array.from({ length: 16 }, () => stream.uint32())

    const expected = [block(0), block(1)].flatMap(bytes =>
      Array.from({ length: 8 }, (_, word) => bytes.readUInt32BE(4 * word)),
    )
    expect(drawn).to.deep.equal(expected)
  })

  it('keeps parts of the context apart', () => {
    expect(counterBytes('s', 'ab', 'c').uint32()).to.not.equal(counterBytes('s', 'a', 'bc').uint32())
    expect(counterBytes('s').uint32()).to.not.equal(counterBytes('t').uint32())
  })

  it('draws uniform numbers in [0, 1) with mean 1/2 and variance 1/12', () => {
    const stream = counterBytes('uniform')
    const drawn = Array.from({ length: 20_000 }, () => stream.uniform())
    const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length
    const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length
    expect(Math.min(...drawn)).to.be.at.least(0)
    expect(Math.max(...drawn)).to.be.below(1)
    expect(mean).to.be.closeTo(0.5, 0.01)
    expect(variance).to.be.closeTo(1 / 12, 0.002)
  })

  it('draws normal numbers with mean 0, variance 1 and the tails of a normal', () => {
    const stream = counterBytes('normal')
    const drawn = Array.from({ length: 40_000 }, () => stream.normal())
    const mean = drawn.reduce((sum, x) => sum + x, 0) / drawn.length
    const variance = drawn.reduce((sum, x) => sum + (x - mean) ** 2, 0) / drawn.length
    const beyondTwo = drawn.filter(x => Math.abs(x) > 2).length / drawn.length
    expect(mean).to.be.closeTo(0, 0.02)
    expect(variance).to.be.closeTo(1, 0.03)
    expect(beyondTwo).to.be.closeTo(0.0455, 0.005)
  })

  it('draws integers below any bound, and shuffles are permutations', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 4294967296 }),
        fc.array(fc.integer()),
        (seed, bound, items) => {
          const stream = counterBytes(seed, 'property')
          const draw = stream.below(bound)
          expect(Number.isInteger(draw) && draw >= 0 && draw < bound).to.equal(true)
          const sorted = (list: number[]) => [...list].sort((a, b) => a - b)
          expect(sorted(stream.shuffle(items))).to.deep.equal(sorted(items))
        },
      ),
    )
  })

  it('shuffles three items into all six orders about equally often', () => {
    const stream = counterBytes('shuffle')
    const seen = new Map<string, number>()
    for (let round = 0; round < 6000; round++) {
      const order = stream.shuffle(['a', 'b', 'c']).join('')
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    expect(seen.size).to.equal(6)
    for (const count of seen.values()) expect(count).to.be.within(850, 1150)
  })
})
