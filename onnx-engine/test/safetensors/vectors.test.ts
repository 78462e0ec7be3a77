import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { adapterFromSafetensors, adapterToSafetensors } from '../../src/safetensors/adapter'

describe('an adapter file of version 1', () => {
  it('loads, and is written again with the same bytes', () => {
    const file = new Uint8Array(readFileSync(join(__dirname, '../vectors/adapter.v1.safetensors')))
    const { adapter, metadata } = adapterFromSafetensors(file)
    expect([adapter.rank, adapter.alpha, metadata.base]).to.deep.equal([2, 4, '0x12'])
    expect([...adapter.tensors.keys()]).to.deep.equal(['layers.0.attention.query'])
    expect(adapterToSafetensors(adapter, { metadata: { base: '0x12' } })).to.deep.equal(file)
  })
})
