import { expect } from 'chai'
import { DirectSession, encodeModel, forwardModel, mergeLora } from '@open-datanets/onnx-engine'
import { decodedAdapter } from '../../src/adapters/decodedAdapter'
import type { Digest } from '@open-datanets/content-store'
import { ThreadDecoder } from '../../src/decoding/threadDecoder'
import { config, lora, tinyAdapter, tinyWeights } from '../tinyModels'

const weights = tinyWeights()

function adapterOf(index: number) {
  const digest = `0x${String(index).padStart(64, '0')}` as Digest
  return decodedAdapter(digest, tinyAdapter(`adapter ${index}`), { config, ...lora })
}

function tokensOf(index: number): number[] {
  return Array.from(
    { length: 12 },
    (_, position) => (17 * index + 31 * position * (index + 1) + 5) % config.vocabSize,
  )
}

describe('ThreadDecoder', () => {
  let decoder: ThreadDecoder

  before(async () => {
    decoder = await ThreadDecoder.create({ config, weights, slots: 8, ...lora })
  })
  after(() => decoder.close())

  /** Reads `tokens` in one slot, beside others if there are any, and returns the logits after each. */
  async function read(
    slot: number,
    tokens: readonly number[],
    others: readonly [slot: number, tokens: number[]][] = [],
  ) {
    const logits: Float32Array[] = []
    for (const [position, token] of tokens.entries()) {
      const steps = [{ slot, token, position, wantsLogits: true }]
      for (const [other, its] of others) {
        steps.push({ slot: other, token: its[position] as number, position, wantsLogits: false })
      }
      const [own] = await decoder.step(steps)
      logits.push((own as Float32Array).slice())
    }
    return logits
  }

  it('gives the logits of the merged model', async () => {
    const merged = mergeLora(config, weights, tinyAdapter('adapter 1'))
    const session = await DirectSession.create({ model: encodeModel(forwardModel(config, merged)) })
    const tokens = tokensOf(1)
    const data = BigInt64Array.from(tokens, BigInt)
    const outputs = await session.run({ tokens: { dtype: 'int64', dims: [1, tokens.length], data } })
    await session.close()
    const expected = outputs['logits']?.data as Float32Array

    decoder.load(0, adapterOf(1))
    const logits = await read(0, tokens)
    const got = logits.flatMap(row => [...row])
    expect(got).to.have.length(expected.length)
    const worst = Math.max(...got.map((value, i) => Math.abs(value - (expected[i] as number))))
    expect(worst).to.be.lessThan(1e-4)
    expect(Math.max(...got)).to.be.greaterThan(0.5)
  })

  it('gives every request the bits that it has alone, in any slot, beside any adapters', async () => {
    decoder.load(0, adapterOf(2))
    const alone = await read(0, tokensOf(2))

    for (const slot of [0, 3, 7]) {
      const others = [0, 1, 2, 3, 4, 5, 6, 7].filter(other => other !== slot)
      for (const other of others) decoder.load(other, other === 4 ? null : adapterOf(other))
      decoder.load(slot, adapterOf(2))
      const beside = await read(
        slot,
        tokensOf(2),
        others.map(other => [other, tokensOf(other)]),
      )
      expect(beside, `slot ${slot}`).to.deep.equal(alone)
    }
  })

  it('keeps nothing of an earlier request in a slot, not even of one that went wrong', async () => {
    decoder.load(0, adapterOf(2))
    const fresh = await read(0, tokensOf(2))
    const broken = adapterOf(3)
    for (const { a } of broken.lora.tensors.values()) (a.data as Float32Array).fill(NaN)
    decoder.load(0, broken)
    const [poisoned] = await read(0, tokensOf(3))
    expect(poisoned?.some(Number.isNaN)).to.equal(true)
    decoder.load(0, adapterOf(2))
    expect(await read(0, tokensOf(2))).to.deep.equal(fresh)
  })

  it('serves the base alone after an adapter, and the same adapter twice', async () => {
    decoder.load(1, null)
    const base = await read(1, tokensOf(5))
    decoder.load(1, adapterOf(5))
    const adapted = await read(1, tokensOf(5))
    expect(adapted).not.to.deep.equal(base)
    decoder.load(1, adapterOf(5))
    expect(await read(1, tokensOf(5))).to.deep.equal(adapted)
    decoder.load(1, null)
    expect(await read(1, tokensOf(5))).to.deep.equal(base)
  })
})
