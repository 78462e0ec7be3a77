import { expect } from 'chai'
import { initialLora, mergeLora, packLora, unpackLora } from '../../src/causalLm/lora'
import type { Linear } from '../../src/causalLm/linears'
import { OnnxEngineError } from '../../src/errors'
import { livelyAdapter, livelyLora, livelyWeights } from './livelyWeights'
import { tiny } from './tinyLm'

describe('lora', () => {
  const targets: Linear[] = ['key', 'up']
  const lora = { rank: 2, alpha: 6, targets }

  it('packs and unpacks without loss', () => {
    const packed = livelyLora(lora, 'adapter')
    const adapter = unpackLora(tiny, lora, packed)
    expect([...adapter.tensors.keys()]).to.deep.equal([
      'layers.0.attention.key',
      'layers.0.mlp.up',
      'layers.1.attention.key',
      'layers.1.mlp.up',
    ])
    expect(packLora(tiny, lora, adapter)).to.deep.equal(packed)
  })

  it('starts as an adapter that changes nothing', () => {
    const weights = livelyWeights('weights')
    const adapter = unpackLora(tiny, lora, initialLora(tiny, lora, 'seed'))
    expect(mergeLora(tiny, weights, adapter)).to.deep.equal(weights)
    expect([...(adapter.tensors.get('layers.0.mlp.up')?.a.data ?? [])].some(x => x !== 0)).to.equal(true)
  })

  it('adds alpha / rank times A B, and leaves other weights and the base alone', () => {
    const weights = livelyWeights('weights')
    const adapter = livelyAdapter(lora, 'adapter')
    const merged = mergeLora(tiny, weights, adapter)
    const { a, b } = adapter.tensors.get('layers.1.mlp.up') ?? expect.fail('no factors')
    const [row, column, out] = [3, 7, tiny.mlpWidth]
    const product = [0, 1].reduce(
      (sum, r) => sum + Number(a.data[row * 2 + r]) * Number(b.data[r * out + column]),
      0,
    )
    const at = (of: typeof weights) => Number(of.get('layers.1.mlp.up.weight')?.data[row * out + column])
    expect(at(merged)).to.be.closeTo(at(weights) + 3 * product, 1e-6)
    expect(merged.get('head.weight')).to.equal(weights.get('head.weight'))
    expect(weights).to.deep.equal(livelyWeights('weights'))
  })

  it('refuses an adapter of another base', () => {
    const wider = livelyAdapter(lora, 's', { ...tiny, width: 16 })
    expect(() => mergeLora(tiny, livelyWeights('weights'), wider))
      .to.throw(OnnxEngineError, 'expected [8, 2] x [2, 8]')
      .with.property('code', 'INVALID_ARGUMENT')
    const deeper = livelyAdapter(lora, 's', { ...tiny, layers: 3 })
    expect(() => mergeLora(tiny, livelyWeights('weights'), deeper)).to.throw(
      OnnxEngineError,
      'layers.2.attention.key',
    )
  })
})
