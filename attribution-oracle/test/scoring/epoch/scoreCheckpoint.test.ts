import { expect } from 'chai'
import type { PaidOutput } from '../../../src/domain'
import { sha256 } from '../../../src/domain'
import { toWeights } from '../../../src/scoring'
import type { EncodedFile } from '../../../src/scoring/epoch/corpus'
import {
  type CheckpointCodes,
  decodeEpochCodes,
  encodeEpochCodes,
} from '../../../src/scoring/epoch/epochCodes'
import type { FeatureCodes } from '../../../src/scoring/epoch/featureCodes'
import { scoreCheckpoint } from '../../../src/scoring/epoch/scoreCheckpoint'

const SIZES = [9, 16, 4]
const FILES = 12

/** Codes by a congruential generator: integers only, the same everywhere. */
function features(rows: number, seed: number): FeatureCodes {
  let state = seed
  const next = (): number => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff)
  const dims = SIZES.reduce((sum, size) => sum + size, 0)
  return {
    sizes: SIZES,
    rows,
    codes: Int8Array.from({ length: rows * dims }, () => (Math.floor(next() / 65536) % 255) - 127),
    scales: Float32Array.from({ length: rows * SIZES.length }, () => (1 + (next() % 1000)) / 256),
  }
}

function fixed(): CheckpointCodes {
  return {
    digest: sha256(Buffer.from('checkpoint')),
    curvature: features(40, 1),
    curvatureTokens: 640,
    files: features(FILES, 2),
    held: features(5, 3),
    heldTokens: 77,
    outputs: features(2, 4),
    losses: new Float64Array(FILES),
    selfInfluence: new Float64Array(FILES),
  }
}

const files = Array.from({ length: FILES }, (_, id) => ({ id: BigInt(id) }) as EncodedFile)
const outputs = [1, 2].map((modelId): PaidOutput => ({
  receiptId: '',
  modelId,
  promptTokens: [],
  outputTokens: [],
  amount: 1n,
}))
const task = {
  ...{ key: '', digest: fixed().digest, bytes: new Uint8Array(), tokenizer: '{}', modelIds: [1] },
  ...{ contributionIds: files.map(({ id }) => id), measuresValue: true, outputs },
}

/** SHA-256 of float64 numbers, little-endian. */
function bitsOf(values: ArrayLike<number>): string {
  const view = new DataView(new ArrayBuffer(values.length * 8))
  for (let i = 0; i < values.length; i++) view.setFloat64(i * 8, values[i]!, true)
  return sha256(new Uint8Array(view.buffer))
}

describe('scoreCheckpoint', () => {
  const scored = scoreCheckpoint(task, files, fixed(), '0.1')

  it('gives the pinned bits, on every machine and Node version', () => {
    expect(bitsOf(scored.value!.data)).to.equal(
      '0x93b9f97f3cd702c51edf5b6c7e3d137cec820e03d648a25076ba75d2118198e5',
    )
    expect([...scored.outputs.values()].map(bitsOf)).to.deep.equal([
      '0xb1b0509e852401422af680b31b6152de16a0ed8b5cdaeddfca3cf6fa719057a1',
      '0x3bf4cb49aa2b68ee14bb14481c42172ba8acfce6a97253dc23c223a3ea2e37d0',
    ])
  })

  it('gives the pinned integer weights', () => {
    const { columns, data } = scored.value!
    const sums = files.map(({ id }, row) => {
      const own = data.subarray(row * columns, (row + 1) * columns)
      return [id, own.reduce((sum, part) => sum + part, 0)] as const
    })
    expect([...toWeights(new Map(sums))].join(' ')).to.equal(
      '0,151552705 1,5558470 4,46931908 5,206083754 7,71029410 9,285627515 10,165356555 11,67859683',
    )
  })

  it('scores the same from bytes that were published', () => {
    const [codes] = decodeEpochCodes(
      encodeEpochCodes({ checkpoints: [fixed()], order: undefined }),
    ).checkpoints
    expect(scoreCheckpoint(task, files, codes!, '0.1')).to.deep.equal(scored)
  })

  it('leaves value out where it is not measured', () => {
    const { value, outputs: answers } = scoreCheckpoint(
      { ...task, measuresValue: false },
      files,
      fixed(),
      '0.1',
    )
    expect(value).to.equal(undefined)
    expect(answers).to.deep.equal(scored.outputs)
  })
})
