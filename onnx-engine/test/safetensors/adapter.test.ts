import { expect } from 'chai'
import { initialLora, unpackLora, type LoraAdapter } from '../../src/causalLm/lora'
import { OnnxEngineError } from '../../src/errors'
import type { Tensor } from '../../src/model/types'
import { adapterFromSafetensors, adapterToSafetensors, peftConfig } from '../../src/safetensors/adapter'
import { decodeSafetensors } from '../../src/safetensors/decode'
import { encodeSafetensors } from '../../src/safetensors/encode'

const config = { vocabSize: 8, width: 6, layers: 2, heads: 2, mlpWidth: 10, contextLength: 4 }
const lora = { rank: 2, alpha: 4, targets: ['query', 'down'] as const }

function adapter(): LoraAdapter {
  const packed = initialLora(config, lora, 'test').map((value, i) => (value === 0 ? i / 64 : value))
  return unpackLora(config, lora, packed)
}

const matrix = (dims: number[], values: number[]): Tensor => ({
  dtype: 'float32',
  dims,
  data: Float32Array.from(values),
})

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act()
    return undefined
  } catch (error) {
    return error instanceof OnnxEngineError ? error.code : String(error)
  }
}

describe('adapterToSafetensors and adapterFromSafetensors', () => {
  it('round-trip an adapter bit for bit in float32', () => {
    const original = adapter()
    const bytes = adapterToSafetensors(original, { precision: 'F32', metadata: { base: '0x12' } })
    const { adapter: back, metadata } = adapterFromSafetensors(bytes)
    expect(back.rank).to.equal(2)
    expect(back.alpha).to.equal(4)
    expect(metadata).to.deep.equal({ alpha: '4', base: '0x12', rank: '2' })
    expect([...back.tensors].sort()).to.deep.equal([...original.tensors].sort())
  })

  it('are stable in float16: what was read is written with the same bytes', () => {
    const bytes = adapterToSafetensors(adapter())
    expect(adapterToSafetensors(adapterFromSafetensors(bytes).adapter)).to.deep.equal(bytes)
  })

  it('write the transposes that PEFT expects, under its names', () => {
    const a = matrix([3, 2], [1, 2, 3, 4, 5, 6])
    const b = matrix([2, 1], [7, 8])
    const bytes = adapterToSafetensors({
      rank: 2,
      alpha: 1,
      tensors: new Map([['layers.0.mlp.up', { a, b }]]),
    })
    const { tensors } = decodeSafetensors(bytes)
    const [loraA, loraB] = ['A', 'B'].map(side =>
      tensors.get(`base_model.model.layers.0.mlp.up.lora_${side}.weight`)!,
    )
    expect(loraA!.dims).to.deep.equal([2, 3])
    expect([...loraA!.data]).to.deep.equal([1, 3, 5, 2, 4, 6])
    expect(loraB!.dims).to.deep.equal([1, 2])
    expect([...loraB!.data]).to.deep.equal([7, 8])
  })

  it('read a file of PEFT, which keeps alpha elsewhere', () => {
    const names = ['base_model.model.q.lora_A.weight', 'base_model.model.q.lora_B.weight'] as const
    const tensors = new Map([
      [names[0], matrix([1, 2], [1, 2])],
      [names[1], matrix([3, 1], [1, 2, 3])],
    ])
    const bytes = encodeSafetensors(tensors)
    expect(adapterFromSafetensors(bytes, { alpha: 16 }).adapter).to.deep.include({ rank: 1, alpha: 16 })
    expect(codeOf(() => adapterFromSafetensors(bytes))).to.equal('MALFORMED_SAFETENSORS')
  })

  const name = (module: string, side: 'A' | 'B'): string => `base_model.model.${module}.lora_${side}.weight`
  const pair = (module: string, rank: number): [string, Tensor][] => [
    [name(module, 'A'), matrix([rank, 1], new Array(rank).fill(1))],
    [name(module, 'B'), matrix([1, rank], new Array(rank).fill(1))],
  ]
  const cases: [string, [string, Tensor][]][] = [
    ['no tensors', []],
    ['half a pair', pair('q', 1).slice(1)],
    ['another name', [...pair('q', 1), ['q.weight', matrix([1, 1], [1])]]],
    ['a vector', [[name('q', 'A'), matrix([1], [1])], pair('q', 1)[1]!]],
    ['mixed ranks', [...pair('q', 1), ...pair('k', 2)]],
  ]
  for (const [what, tensors] of cases)
    it(`refuse ${what}`, () => {
      const bytes = encodeSafetensors(new Map(tensors))
      expect(codeOf(() => adapterFromSafetensors(bytes, { alpha: 1 }))).to.equal('MALFORMED_SAFETENSORS')
    })
})

describe('peftConfig', () => {
  it('names rank, alpha and every adapted module', () => {
    expect(JSON.parse(peftConfig(adapter(), 'base'))).to.deep.include({
      r: 2,
      lora_alpha: 4,
      target_modules: [
        'layers.0.attention.query',
        'layers.0.mlp.down',
        'layers.1.attention.query',
        'layers.1.mlp.down',
      ],
    })
  })
})
