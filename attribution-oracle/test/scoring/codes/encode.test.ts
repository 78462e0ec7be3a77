import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { compareCodes } from '../../../src/scoring/codes/compare'
import { decodeCodes, encodeCodes } from '../../../src/scoring/codes/encode'
import { leafHash } from '../../../src/scoring/codes/leaf'
import { fixedCodes } from './fixedCodes'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const id = { sample: new Uint8Array(32).fill(1), checkpoint: new Uint8Array(32).fill(2) }

describe('encodeCodes', () => {
  const codes = fixedCodes(5, 1)
  const bytes = encodeCodes(codes)

  it('is read back as it was', () => {
    expect(decodeCodes(bytes)).to.deep.equal(codes)
  })

  it('has bytes that stay what they are', () => {
    expect(createHash('sha256').update(bytes).digest('hex')).to.equal(
      '517a8bfe9286ae7d18aefdb1b49438a389b23d3b3f61803c418d02376736962e',
    )
  })

  it('refuses bytes that are cut, too long, or something else', () => {
    for (const broken of [bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)]), Buffer.from('codes')])
      expect(() => decodeCodes(broken))
        .to.throw('no codes')
        .with.property('code', 'INVALID_DOCUMENT')
  })

  it('refuses a header that promises more than is there before it makes room for it', () => {
    const huge = Uint8Array.from(bytes)
    huge.fill(0xff, 23, 27)
    expect(() => decodeCodes(huge)).to.throw('no codes')
  })
})

describe('leafHash', () => {
  const codes = fixedCodes(3, 2)

  it('stays what it is', () => {
    expect(hex(leafHash(codes, 1, id))).to.equal(
      '1f26a11a891f9132e7a9b30fa6a9d2ebe3d544fae0f1dab0e6972aafaacb49fe',
    )
  })

  it('differs with the sample, its id, the checkpoint, a code, a scale, a doubt and a layer name', () => {
    const changed = (change: (copy: ReturnType<typeof fixedCodes>) => void): string => {
      const copy = structuredClone(codes)
      change(copy)
      return hex(leafHash(copy, 1, id))
    }
    const all = [
      hex(leafHash(codes, 1, id)),
      hex(leafHash(codes, 2, id)),
      hex(leafHash(codes, 1, { ...id, sample: new Uint8Array(32) })),
      hex(leafHash(codes, 1, { ...id, checkpoint: new Uint8Array(32) })),
      changed(copy => (copy.layers[0]!.inputs[17]! ^= 1)),
      changed(copy => (copy.layers[1]!.gradients[15]! ^= 1)),
      changed(copy => (copy.layers[0]!.inputScales[1] = 0.5)),
      changed(copy => (copy.layers[2]!.gradientScales[1] = 0.5)),
      changed(copy => (copy.doubts[1]! ^= 1)),
      changed(copy => Object.assign(copy.layers[0]!, { name: 'fc9' })),
    ]
    expect(new Set(all).size).to.equal(all.length)
  })

  it('does not see other samples', () => {
    const copy = structuredClone(codes)
    copy.layers[0]!.inputs[0]! ^= 1
    expect(hex(leafHash(copy, 1, id))).to.equal(hex(leafHash(codes, 1, id)))
  })
})

describe('compareCodes', () => {
  const codes = fixedCodes(50, 3)
  const changed = (
    change: (copy: ReturnType<typeof fixedCodes>) => void,
  ): ReturnType<typeof compareCodes> => {
    const copy = structuredClone(codes)
    change(copy)
    return compareCodes(codes, copy)
  }

  it('agrees with itself', () => {
    expect(compareCodes(codes, codes)).to.include({ agrees: true, codesApart: 0, largestScaleGap: 0 })
  })

  it('forgives one step in every code, and scales within 2^-12', () => {
    const nudged = changed(copy => {
      for (const layer of copy.layers) {
        layer.inputs.forEach((code, i) => (layer.inputs[i] = code > 0 ? code - 1 : code + 1))
        layer.inputScales.forEach((scale, i) => (layer.inputScales[i] = scale * (1 + 2 ** -13)))
      }
    })
    expect(nudged).to.include({ agrees: true, largestCodeGap: 1 })
  })

  it('forgives two steps in 0.1 % of the codes, not in more', () => {
    const total = compareCodes(codes, codes).codes
    const moved = (count: number): boolean =>
      changed(copy => {
        const { inputs } = copy.layers[0]!
        for (let i = 0; i < count; i++) inputs[i]! += inputs[i]! > 0 ? -2 : 2
      }).agrees
    expect(moved(Math.floor(total / 1000))).to.equal(true)
    expect(moved(Math.floor(total / 1000) + 1)).to.equal(false)
  })

  it('does not forgive a scale, a doubt or a layout', () => {
    expect(changed(copy => (copy.layers[0]!.inputScales[0]! *= 1.001)).agrees).to.equal(false)
    expect(changed(copy => (copy.layers[0]!.inputScales[0] = Number.NaN)).agrees).to.equal(false)
    expect(changed(copy => (copy.doubts[0]! ^= 64)).agrees).to.equal(false)
    expect(compareCodes(codes, fixedCodes(49, 3)).agrees).to.equal(false)
  })
})
