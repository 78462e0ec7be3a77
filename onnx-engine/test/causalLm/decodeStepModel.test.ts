import { expect } from 'chai'
import { forwardModel } from '../../src/causalLm/forwardModel'
import { LINEARS } from '../../src/causalLm/linears'
import { mergeLora } from '../../src/causalLm/lora'
import type { Weights } from '../../src/causalLm/parameterLayout'
import { KeyValueCache } from '../../src/causalLm/keyValueCache'
import { encodeModel } from '../../src/model/encode'
import { tensor } from '../../src/model/tensor'
import { DirectSession } from '../../src/session/directSession'
import { decodeAll, type SlotWork } from './decoding'
import { livelyAdapter, livelyWeights } from './livelyWeights'
import { tiny } from './tinyLm'

const adapterOf = (seed: string, rank: number) =>
  livelyAdapter({ rank, alpha: 2 * rank, targets: LINEARS }, seed)

async function forwardLogits(weights: Weights, tokens: readonly number[]): Promise<Float32Array[]> {
  const session = await DirectSession.create({ model: encodeModel(forwardModel(tiny, weights)) })
  const { logits } = await session.run({ tokens: tensor('int64', [1, tokens.length], tokens) })
  await session.close()
  return tokens.map((_, i) =>
    (logits?.data as Float32Array).slice(i * tiny.vocabSize, (i + 1) * tiny.vocabSize),
  )
}

function largestDifference(left: readonly Float32Array[], right: readonly Float32Array[]): number {
  expect(left.length).to.equal(right.length)
  return Math.max(...left.flatMap((row, i) => [...row].map((x, j) => Math.abs(x - (right[i]?.[j] ?? NaN)))))
}

describe('decodeStepModel', () => {
  const weights = livelyWeights('weights')
  const prompts = [
    [3, 1, 4, 1, 5, 9],
    [2, 7, 1],
    [8, 2, 8, 1],
  ]
  const bare = { slots: 3, rank: 1, targets: [] }
  const adapted = { slots: 3, rank: 3, targets: LINEARS }

  it('gives the logits of the forward graph, with slots at different positions', async () => {
    const work = new Map(prompts.map((tokens, slot) => [slot, { tokens, start: slot }]))
    const decoded = await decodeAll(tiny, weights, bare, work)
    for (const [slot, tokens] of prompts.entries()) {
      const difference = largestDifference(decoded.get(slot) ?? [], await forwardLogits(weights, tokens))
      expect(difference).to.be.at.most(1e-5)
    }
  })

  it('gives each slot the logits of the base merged with its adapter, smaller ranks included', async () => {
    const adapters = [adapterOf('first', 3), undefined, adapterOf('third', 2)]
    const work = new Map(
      prompts.map((tokens, slot) => {
        const adapter = adapters[slot]
        return [slot, adapter ? { tokens, adapter } : { tokens }]
      }),
    )
    const decoded = await decodeAll(tiny, weights, adapted, work)
    const base = await forwardLogits(weights, prompts[0] ?? [])
    for (const [slot, tokens] of prompts.entries()) {
      const adapter = adapters[slot]
      const merged = adapter ? mergeLora(tiny, weights, adapter) : weights
      const difference = largestDifference(decoded.get(slot) ?? [], await forwardLogits(merged, tokens))
      expect(difference).to.be.at.most(1e-5)
    }
    expect(largestDifference(decoded.get(0) ?? [], base)).to.be.above(0.1)
  })

  it('gives a request the same bits alone, among neighbours, in any slot and after another request', async () => {
    const tokens = prompts[0] ?? []
    const adapter = adapterOf('first', 3)
    const alone = await decodeAll(tiny, weights, adapted, new Map([[0, { tokens, adapter }]]))
    for (const slot of [0, 1, 2]) {
      const cache = new KeyValueCache(tiny, adapted.slots)
      for (const { data } of Object.values(cache.feeds)) (data as Float32Array).fill(1e6 * (slot + 1))
      const work = new Map(
        [0, 1, 2].map(other => [
          other,
          other === slot
            ? { tokens, adapter, start: slot }
            : { tokens: prompts[other] ?? [], adapter: adapterOf(`neighbour ${other}`, 2) },
        ]),
      )
      const decoded = await decodeAll(tiny, weights, adapted, work, cache)
      expect(decoded.get(slot), `slot ${slot}`).to.deep.equal(alone.get(0))
    }
  })

  it('gives those bits for any number of slots, at a real width', async () => {
    const config = { vocabSize: 300, width: 128, layers: 1, heads: 4, mlpWidth: 512, contextLength: 16 }
    const wide = livelyWeights('wide', config)
    const lora = { rank: 8, alpha: 16, targets: LINEARS }
    const adapter = livelyAdapter(lora, 'mine', config)
    const tokens = [17, 250, 3, 99, 4, 120, 7]
    const decodeIn = async (slots: number, slot: number) => {
      const neighbours = Array.from({ length: slots }, (_, other): [number, SlotWork] => [
        other,
        { tokens: [other, 2 * other + 1], adapter: livelyAdapter(lora, `neighbour ${other % 2}`, config) },
      ])
      const work = new Map([...neighbours, [slot, { tokens, adapter }] as const])
      return (await decodeAll(config, wide, { slots, rank: 8, targets: LINEARS }, work)).get(slot)
    }
    const alone = await decodeIn(1, 0)
    for (const [slots, slot] of [
      [2, 1],
      [7, 3],
      [32, 31],
    ] as const) {
      expect(await decodeIn(slots, slot), `slot ${slot} of ${slots}`).to.deep.equal(alone)
    }
  })
})
