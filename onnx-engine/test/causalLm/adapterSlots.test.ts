import { expect } from 'chai'
import { AdapterSlots } from '../../src/causalLm/adapterSlots'
import type { Linear } from '../../src/causalLm/linears'
import { OnnxEngineError } from '../../src/errors'
import { livelyAdapter } from './livelyWeights'
import { tiny } from './tinyLm'

describe('AdapterSlots', () => {
  const targets: Linear[] = ['query', 'down']
  const lora = { rank: 2, alpha: 6, targets }
  const a = 'layers.0.attention.query.lora_a'
  const b = 'layers.0.attention.query.lora_b'
  const dataOf = (slots: AdapterSlots, name: string) => [...((slots.feeds[name]?.data ?? []) as Float32Array)]

  it('puts an adapter of smaller rank into its slot only, padded, with alpha / rank in B', () => {
    const slots = new AdapterSlots(tiny, { slots: 2, rank: 3, targets })
    const adapter = livelyAdapter(lora, 'adapter')
    slots.load(1, adapter)
    const factors = adapter.tensors.get('layers.0.attention.query')
    const [rows, columns] = [
      [...(factors?.a.data ?? [])].map(Number),
      [...(factors?.b.data ?? [])].map(Number),
    ]
    expect(slots.feeds[a]?.dims).to.deep.equal([2, 8, 3])
    const padded = Array.from({ length: 8 }, (_, row) => [rows[2 * row], rows[2 * row + 1], 0]).flat()
    expect(dataOf(slots, a)).to.deep.equal([...new Array<number>(24).fill(0), ...padded])
    const scaled = [...columns.map(x => Math.fround(3 * x)), ...new Array<number>(8).fill(0)]
    expect(dataOf(slots, b)).to.deep.equal([...new Array<number>(24).fill(0), ...scaled])
  })

  it('leaves nothing of an earlier adapter', () => {
    const slots = new AdapterSlots(tiny, { slots: 2, rank: 3, targets })
    slots.load(0, livelyAdapter({ ...lora, rank: 3 }, 'earlier'))
    slots.load(0, livelyAdapter({ ...lora, targets: ['down'] }, 'later'))
    expect(dataOf(slots, a).every(x => x === 0)).to.equal(true)
    slots.load(0, undefined)
    for (const name of Object.keys(slots.feeds))
      expect(
        dataOf(slots, name).every(x => x === 0),
        name,
      ).to.equal(true)
  })

  it('leaves nothing of an adapter that went wrong, and nothing in other slots', () => {
    const slots = new AdapterSlots(tiny, { slots: 2, rank: 3, targets })
    const broken = livelyAdapter({ ...lora, rank: 3 }, 'broken')
    for (const factors of broken.tensors.values()) (factors.a.data as Float32Array).fill(NaN)
    slots.load(1, livelyAdapter(lora, 'other'))
    const other = dataOf(slots, a).slice(24)
    slots.load(0, broken)
    expect(dataOf(slots, a).slice(0, 24).every(Number.isNaN)).to.equal(true)
    slots.load(0, livelyAdapter(lora, 'next'))
    expect(dataOf(slots, a).some(Number.isNaN)).to.equal(false)
    expect(dataOf(slots, a).slice(24)).to.deep.equal(other)
  })

  describe('given an adapter that does not fit', () => {
    const slots = new AdapterSlots(tiny, { slots: 1, rank: 2, targets })
    const refusal = (load: () => void, message: string) =>
      expect(load).to.throw(OnnxEngineError, message).with.property('code', 'INVALID_ARGUMENT')

    it('refuses a larger rank', () => {
      refusal(() => slots.load(0, livelyAdapter({ ...lora, rank: 4 }, 's')), 'rank 4')
    })

    it('refuses a module without a place', () => {
      refusal(() => slots.load(0, livelyAdapter({ ...lora, targets: ['up'] }, 's')), 'layers.0.mlp.up')
    })

    it('refuses an adapter of another base', () => {
      const wider = livelyAdapter(lora, 's', { ...tiny, width: 16 })
      refusal(() => slots.load(0, wider), 'float32 [16, 2] x float32 [2, 16]')
    })
  })
})
