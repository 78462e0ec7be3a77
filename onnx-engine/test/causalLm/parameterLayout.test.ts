import { expect } from 'chai'
import { OnnxEngineError } from '../../src/errors'
import { initialWeights } from '../../src/causalLm/initialWeights'
import { loraLayout, pack, parameterCount, parameterLayout, unpack } from '../../src/causalLm/parameterLayout'
import { tiny } from './tinyLm'

describe('parameterLayout', () => {
  it('names every weight once, without gaps', () => {
    const layout = parameterLayout(tiny)
    expect(layout.map(({ name }) => name)).to.include.members([
      'tokens.weight',
      'positions.weight',
      'layers.0.attention.norm.weight',
      'layers.0.attention.query.weight',
      'layers.1.attention.output.weight',
      'layers.1.mlp.up.weight',
      'layers.1.mlp.down.weight',
      'norm.bias',
      'head.weight',
    ])
    expect(new Set(layout.map(({ name }) => name)).size).to.equal(layout.length)
    let offset = 0
    for (const slot of layout) {
      expect(slot.offset, slot.name).to.equal(offset)
      offset += slot.dims.reduce((product, dim) => product * dim, 1)
    }
    const { vocabSize, width, layers, mlpWidth, contextLength } = tiny
    const block = 4 * width + 4 * width * width + 2 * width * mlpWidth
    expect(parameterCount(layout)).to.equal((2 * vocabSize + contextLength + 2) * width + layers * block)
  })

  it('packs and unpacks without loss', () => {
    const layout = parameterLayout(tiny)
    const weights = initialWeights(tiny, 'seed')
    expect(unpack(layout, pack(layout, weights))).to.deep.equal(weights)
  })

  it('refuses a missing tensor, another shape, and a vector of another length', () => {
    const layout = parameterLayout(tiny)
    const weights = initialWeights(tiny, 'seed')
    weights.delete('head.weight')
    expect(() => pack(layout, weights)).to.throw(OnnxEngineError, 'head.weight')
    weights.set('head.weight', { dtype: 'float32', dims: [1, 2], data: new Float32Array(2) })
    expect(() => pack(layout, weights)).to.throw(OnnxEngineError, '[1, 2]')
    expect(() => unpack(layout, new Float32Array(3))).to.throw(OnnxEngineError, '3 numbers')
  })

  it('refuses heads that do not divide the width, and sizes that are not positive integers', () => {
    expect(() => parameterLayout({ ...tiny, heads: 3 })).to.throw(OnnxEngineError, 'causalLm.heads')
    expect(() => parameterLayout({ ...tiny, layers: 1.5 })).to.throw(OnnxEngineError, 'causalLm.layers')
  })
})

describe('loraLayout', () => {
  it('holds two factors for each target of each block', () => {
    const layout = loraLayout(tiny, { rank: 3, targets: ['query', 'down'] })
    expect(layout.map(({ name, dims }) => [name, ...dims])).to.deep.equal([
      ['layers.0.attention.query.lora_a', 8, 3],
      ['layers.0.attention.query.lora_b', 3, 8],
      ['layers.0.mlp.down.lora_a', 12, 3],
      ['layers.0.mlp.down.lora_b', 3, 8],
      ['layers.1.attention.query.lora_a', 8, 3],
      ['layers.1.attention.query.lora_b', 3, 8],
      ['layers.1.mlp.down.lora_a', 12, 3],
      ['layers.1.mlp.down.lora_b', 3, 8],
    ])
  })
})

describe('initialWeights', () => {
  it('draws matrices with spread 0.02, smaller into the residual stream, and norms as identities', () => {
    const config = { ...tiny, width: 64, mlpWidth: 128 }
    const weights = initialWeights(config, 'seed')
    const spread = (name: string) => {
      const data = weights.get(name)?.data as Float32Array
      return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length)
    }
    expect(spread('layers.0.attention.query.weight')).to.be.closeTo(0.02, 0.001)
    expect(spread('layers.0.attention.output.weight')).to.be.closeTo(0.01, 0.0005)
    expect(spread('layers.1.mlp.down.weight')).to.be.closeTo(0.01, 0.0005)
    expect(weights.get('norm.weight')?.data).to.deep.equal(new Float32Array(64).fill(1))
    expect(weights.get('norm.bias')?.data).to.deep.equal(new Float32Array(64))
  })

  it('is a function of the seed', () => {
    expect(initialWeights(tiny, 'a')).to.deep.equal(initialWeights(tiny, 'a'))
    expect(initialWeights(tiny, 'a')).to.not.deep.equal(initialWeights(tiny, 'b'))
  })
})
