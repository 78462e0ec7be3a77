import { expect } from 'chai'
import { sha256 } from '../../../src/domain'
import { AttributionOracleError } from '../../../src/errors'
import { codesAgree } from '../../../src/scoring/epoch/codesAgree'
import { type EpochCodes, decodeEpochCodes, encodeEpochCodes } from '../../../src/scoring/epoch/epochCodes'
import { quantiseFeatures } from '../../../src/scoring/epoch/featureCodes'

const SIZES = [600, 400]
const features = (rows: number) =>
  quantiseFeatures(
    Array.from({ length: rows }, (_, row) => Float64Array.from({ length: 1000 }, (__, i) => i - 500 + row)),
    SIZES,
  )

function fixed(): EpochCodes {
  return {
    checkpoints: [
      {
        digest: sha256(Buffer.from('graph')),
        curvature: features(3),
        curvatureTokens: 12,
        files: features(2),
        held: features(2),
        heldTokens: 7,
        outputs: features(1),
        losses: Float64Array.of(10, 20),
        selfInfluence: Float64Array.of(1, 2),
      },
    ],
    order: { shuffled: Float64Array.of(12, 24), held: Float64Array.of(5, 6) },
  }
}

/** The codes with some of the files' codes moved by one. */
function moved(count: number, by = 1): EpochCodes {
  const codes = fixed()
  const [checkpoint] = codes.checkpoints
  for (let i = 0; i < count; i++) checkpoint!.files.codes[500 + i]! += by
  return codes
}

describe('the codes of an epoch', () => {
  it('come back from their bytes', () => {
    expect(decodeEpochCodes(encodeEpochCodes(fixed()))).to.deep.equal(fixed())
    const empty = { checkpoints: [], order: undefined }
    expect(decodeEpochCodes(encodeEpochCodes(empty))).to.deep.equal(empty)
  })

  it('have pinned bytes', () => {
    expect(sha256(encodeEpochCodes(fixed()))).to.equal(
      '0x310dde252b7070fa4650b0fbed931a51edbe3905dc98f9b1373dd539a35a5b24',
    )
  })

  it('are refused when cut off, made longer or something else', () => {
    const bytes = encodeEpochCodes(fixed())
    const broken = [bytes.subarray(0, 40), bytes.subarray(0, -1), Buffer.concat([bytes, Buffer.of(0)])]
    for (const each of [...broken, Buffer.from('{}'), Buffer.alloc(0)])
      expect(() => decodeEpochCodes(each))
        .to.throw(AttributionOracleError)
        .with.property('code', 'INVALID_DOCUMENT')
  })
})

describe('codesAgree', () => {
  it('accepts what honest machines differ by', () => {
    expect(codesAgree(fixed(), fixed())).to.equal(true)
    expect(codesAgree(fixed(), moved(10))).to.equal(true)
  })

  it('refuses codes that are moved in many places of a row, or far in one', () => {
    expect(codesAgree(fixed(), moved(11))).to.equal(false)
    expect(codesAgree(fixed(), moved(1, 2))).to.equal(false)
  })

  it('refuses other scales, losses, self-influence and losses of word order', () => {
    const [one] = fixed().checkpoints
    const scaled = one!.files.scales.map(scale => scale * 1.001)
    const others: EpochCodes[] = [
      { ...fixed(), checkpoints: [{ ...one!, files: { ...one!.files, scales: scaled } }] },
      { ...fixed(), checkpoints: [{ ...one!, losses: Float64Array.of(10, 20.01) }] },
      { ...fixed(), checkpoints: [{ ...one!, selfInfluence: Float64Array.of(Infinity, 2) }] },
      { ...fixed(), checkpoints: [{ ...one!, losses: Float64Array.of(NaN, 20) }] },
      { ...fixed(), order: { shuffled: Float64Array.of(12, 25), held: Float64Array.of(5, 6) } },
    ]
    expect(others.map(each => codesAgree(fixed(), each))).to.deep.equal(others.map(() => false))
  })

  it('refuses codes of other files or checkpoints', () => {
    const [one] = fixed().checkpoints
    const others: EpochCodes[] = [
      { ...fixed(), order: undefined },
      { ...fixed(), checkpoints: [] },
      { ...fixed(), checkpoints: [{ ...one!, digest: sha256(Buffer.from('another')) }] },
      { ...fixed(), checkpoints: [{ ...one!, heldTokens: 8 }] },
    ]
    expect(others.map(each => codesAgree(fixed(), each))).to.deep.equal(others.map(() => false))
  })
})
