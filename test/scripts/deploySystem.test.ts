import { loadFixture } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { checkSystem, ownedContracts } from '../../scripts/checkSystem'
import { readDeployParameters } from '../../scripts/deployParameters'
import { CONTRACT_NAMES } from '../../scripts/deploymentRecord'
import { deploySystem, type DeployProgress } from '../../scripts/deploySystem'
import { connectSystem } from '../../scripts/system'
import { deployExample, EXAMPLE } from './deployExample'

describe('deploySystem', () => {
  async function fixture() {
    const [deployer, owner, operator] = await ethers.getSigners()
    const changes = { owner: owner!.address, operators: [operator!.address] }
    const system = await deployExample(deployer!, changes)
    return { system, deployer: deployer!, owner: owner!, operator: operator! }
  }

  it('deploys every contract and records where, with what and which code', async () => {
    const { system, deployer } = await loadFixture(fixture)
    const { record } = system
    expect(Object.keys(record.contracts)).to.have.members([...CONTRACT_NAMES])
    for (const name of CONTRACT_NAMES) {
      const { address, codeHash } = record.contracts[name]
      expect(await system[name].getAddress()).to.equal(address)
      expect(ethers.keccak256(await ethers.provider.getCode(address))).to.equal(codeHash)
    }
    expect(record.chainId).to.equal(31337)
    expect(record.network).to.equal('chain-31337')
    expect(record.deployer).to.equal(deployer.address)
    expect(record.contracts.rewardEscrow.constructorArguments).to.deep.equal([
      record.contracts.token.address,
      deployer.address,
    ])
  })

  it('records the block of its first contract', async () => {
    const { system } = await loadFixture(fixture)
    const { blockNumber, contracts } = system.record
    const { address } = contracts.token
    expect(await ethers.provider.getCode(address, blockNumber)).to.not.equal('0x')
    expect(await ethers.provider.getCode(address, blockNumber - 1)).to.equal('0x')
  })

  it('offers every owned contract to the owner, who takes them over', async () => {
    const { system, deployer, owner } = await loadFixture(fixture)
    for (const [, contract] of ownedContracts(system)) {
      expect(await contract.owner()).to.equal(deployer.address)
      await contract.connect(owner).acceptOwnership()
      expect(await contract.owner()).to.equal(owner.address)
    }
    await checkSystem(system)
  })

  it('funds the emissions and names the operators', async () => {
    const { system, operator } = await loadFixture(fixture)
    const { token, emissionController, operatorSet, parameters } = system
    expect(await token.balanceOf(emissionController)).to.equal(parameters.emission.budget)
    expect(await operatorSet.isOperator(operator.address)).to.equal(true)
  })

  it('tells each step as it is done', async () => {
    const [deployer] = await ethers.getSigners()
    const seen: DeployProgress[] = []
    await deploySystem(deployer!, await readDeployParameters(EXAMPLE), {
      onProgress: step => seen.push(step),
    })
    const contracts = seen.filter(({ phase }) => phase === 'contracts')
    expect(contracts.map(({ step }) => step)).to.deep.equal([...CONTRACT_NAMES])
    expect(contracts.map(({ done }) => done)).to.deep.equal(CONTRACT_NAMES.map((_, i) => i + 1))
    expect(
      seen.filter(({ phase }) => phase === 'wiring').map(({ done, total }) => total - done),
    ).to.deep.equal([5, 4, 3, 2, 1, 0])
    expect(seen.at(-1)?.phase).to.equal('checks')
  })

  it('names what the chain refuses: a budget that the deployer does not hold', async () => {
    const [deployer, holder] = await ethers.getSigners()
    const error = await deployExample(deployer!, { holder: holder!.address }).catch(caught => caught)
    expect(error.code).to.equal('TRANSACTION_REVERTED')
    expect(error.data.got).to.match(/^ERC20InsufficientBalance\(0x/)
  })

  describe('reading back', () => {
    it('finds a record that names other code', async () => {
      const { system } = await loadFixture(fixture)
      const { record } = system
      const swapped = { ...record.contracts, rewardVault: record.contracts.rewardEscrow }
      const broken = connectSystem({ ...record, contracts: swapped }, ethers.provider)
      const error = await checkSystem(broken).catch(caught => caught)
      expect(error.code).to.equal('CODE_MISMATCH')
      expect(error.data.contract).to.equal('rewardVault')
    })

    it('finds code that was changed after the record was written', async () => {
      const { system } = await loadFixture(fixture)
      const { record } = system
      const token = { ...record.contracts.token, codeHash: ethers.ZeroHash }
      const broken = connectSystem({ ...record, contracts: { ...record.contracts, token } }, ethers.provider)
      const error = await checkSystem(broken).catch(caught => caught)
      expect(error.code).to.equal('CODE_MISMATCH')
      expect(error.data.expected).to.equal(`the hash ${ethers.ZeroHash}`)
    })

    it('finds contracts of two systems mixed', async () => {
      const { system, deployer } = await loadFixture(fixture)
      const other = await deployExample(deployer!)
      const contracts = { ...system.record.contracts, rewardEscrow: other.record.contracts.rewardEscrow }
      const error = await checkSystem(connectSystem({ ...system.record, contracts }, ethers.provider)).catch(
        caught => caught,
      )
      expect(error.code).to.equal('POINTER_MISMATCH')
    })

    it('finds a distributor that was switched off', async () => {
      const { system } = await loadFixture(fixture)
      await system.token.setDistributor(system.rewardVault, false)
      const error = await checkSystem(system).catch(caught => caught)
      expect(error.code).to.equal('POINTER_MISMATCH')
      expect(error.data).to.deep.equal({
        pointer: 'token.isDistributor(rewardVault)',
        got: 'false',
        expected: 'true',
      })
    })
  })
})
