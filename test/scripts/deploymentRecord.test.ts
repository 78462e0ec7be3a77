import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { loadFixture } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import {
  DEPLOYMENTS,
  readDeployment,
  recordJsonSchema,
  recordPath,
  refuseSecondDeployment,
  writeDeployment,
} from '../../scripts/deploymentRecord'
import { checkSystem } from '../../scripts/checkSystem'
import { connectSystem } from '../../scripts/system'
import { caught } from './caught'
import { deployExample } from './deployExample'
import { onChain } from './onChain'
import { temporaryFolder } from './temporaryFolder'

describe('deploymentRecord', () => {
  const folder = temporaryFolder()

  async function fixture() {
    const [deployer] = await ethers.getSigners()
    return deployExample(deployer!)
  }

  it('gives back what was written, and the system that it names', async () => {
    const { record } = await loadFixture(fixture)
    const path = await writeDeployment('demo', record, { folder: folder() })
    expect(path).to.equal(join(folder(), 'demo', 'system.json'))
    const read = await readDeployment('demo', { folder: folder(), chainId: 31337n })
    expect(read).to.deep.equal(record)
    await checkSystem(connectSystem(read, ethers.provider))
  })

  it('names the networks that have a record when one has none', async () => {
    const { record } = await loadFixture(fixture)
    await writeDeployment('demo', record, { folder: folder() })
    const { data } = await caught('RECORD_MISSING', readDeployment('sepolia', { folder: folder() }))
    expect(data.known).to.deep.equal(['demo'])
    const error = await caught(
      'RECORD_MISSING',
      readDeployment('sepolia', { folder: join(folder(), 'none') }),
    )
    expect(error.data.known).to.deep.equal([])
  })

  it('refuses a record of another chain', async () => {
    const { record } = await loadFixture(fixture)
    await writeDeployment('demo', record, { folder: folder() })
    const work = readDeployment('demo', { folder: folder(), chainId: 1n })
    expect((await caught('RECORD_OF_OTHER_CHAIN', work)).data).to.deep.include({
      got: 'chain 1',
      expected: 'chain 31337',
    })
  })

  it('names every fault of a damaged record', async () => {
    const { record } = await loadFixture(fixture)
    const path = await writeDeployment('demo', record, { folder: folder() })
    const damaged = JSON.parse(await readFile(path, 'utf8'))
    damaged.version = 7
    damaged.contracts.token.address = '0x12'
    delete damaged.contracts.rewardVault
    await writeFile(path, JSON.stringify(damaged))
    const { data } = await caught('RECORD_INVALID', readDeployment('demo', { folder: folder() }))
    expect(data.faults.map(({ name }) => name)).to.have.members([
      'version',
      'contracts.token.address',
      'contracts.rewardVault',
    ])
  })

  it('refuses names that would leave the folder', () => {
    for (const network of ['..', 'a/b', '', '.git']) {
      expect(() => recordPath(network, folder())).to.throw('the argument network is not valid')
    }
  })

  describe('refuseSecondDeployment', () => {
    const check = (network: string) => refuseSecondDeployment(network, ethers.provider, { folder: folder() })

    it('lets a first deployment pass', async () => {
      await check('demo')
    })

    it('stops when the recorded system stands on the chain', async () => {
      const { record } = await loadFixture(fixture)
      await writeDeployment('demo', record, { folder: folder() })
      const { data } = await caught('RECORD_EXISTS', check('demo'))
      expect(data.token).to.equal(record.contracts.token.address)
    })

    it('lets the record of a chain that was started anew be replaced', async () => {
      const { record } = await loadFixture(fixture)
      const token = { ...record.contracts.token, address: ethers.Wallet.createRandom().address }
      await writeDeployment(
        'demo',
        { ...record, contracts: { ...record.contracts, token } },
        { folder: folder() },
      )
      await check('demo')
    })

    it('keeps the record of a real chain, whatever a node says', async () => {
      const { record } = await loadFixture(fixture)
      const token = { ...record.contracts.token, address: ethers.Wallet.createRandom().address }
      const real = { ...record, chainId: 1, contracts: { ...record.contracts, token } }
      await writeDeployment('demo', real, { folder: folder() })
      const work = refuseSecondDeployment('demo', onChain(1n), { folder: folder() })
      expect((await caught('RECORD_EXISTS', work)).data.token).to.equal(token.address)
    })

    it('does not take a damaged record for none', async () => {
      const path = recordPath('demo', folder())
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, '{}')
      await caught('RECORD_INVALID', check('demo'))
    })
  })

  it('has the tracked JSON schema', async () => {
    const tracked = JSON.parse(await readFile(join(DEPLOYMENTS, 'system.schema.json'), 'utf8'))
    expect(recordJsonSchema()).to.deep.equal(tracked)
  })
})
