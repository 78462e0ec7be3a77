import { loadFixture } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { createDatanet, type CreateDatanetOptions } from '../../scripts/createDatanet'
import { caught } from './caught'
import { deployExample } from './deployExample'

describe('createDatanet', () => {
  async function fixture() {
    const [owner] = await ethers.getSigners()
    return { owner: owner!, registry: (await deployExample(owner!)).datanetRegistry }
  }

  it('gives the id, and the chain knows owner, policy and metadata', async () => {
    const { owner, registry } = await loadFixture(fixture)
    const metadataDigest = ethers.id('metadata')
    const created = await createDatanet(registry, {
      name: 'Solidity code',
      policy: 'allow-list',
      metadataDigest,
    })
    expect(created.datanetId).to.equal(1)
    expect(created.owner).to.equal(owner.address)
    expect(created.gasUsed > 21_000n).to.equal(true)
    expect(await registry.datanetOf(1)).to.deep.equal([owner.address, 1n, metadataDigest])
  })

  it('is open, without metadata, unless asked', async () => {
    const { owner, registry } = await loadFixture(fixture)
    await createDatanet(registry, { name: 'Solidity code' })
    expect(await registry.datanetOf(1)).to.deep.equal([owner.address, 0n, ethers.ZeroHash])
  })

  const bad: [string, CreateDatanetOptions][] = [
    ['name', { name: '' }],
    ['name', { name: 'é'.repeat(33) }],
    ['policy', { name: 'x', policy: 'closed' as 'open' }],
    ['metadataDigest', { name: 'x', metadataDigest: '0x12' }],
  ]
  for (const [argument, options] of bad) {
    it(`refuses ${JSON.stringify(options)}, naming ${argument}`, async () => {
      const { registry } = await loadFixture(fixture)
      const { data } = await caught('ARGUMENT_INVALID', createDatanet(registry, options))
      expect(data.name).to.equal(argument)
      expect(await registry.datanetCount()).to.equal(0n)
    })
  }
})
