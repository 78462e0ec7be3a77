import { loadFixture } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'

import { checkSystem } from '../../scripts/checkSystem'
import { deploymentPlan } from '../../scripts/deploymentPlan'
import { readDeployParameters } from '../../scripts/deployParameters'
import { CONTRACT_NAMES } from '../../scripts/deploymentRecord'
import { deploySystem, type DeployProgress } from '../../scripts/deploySystem'
import { ADMIN_ROLE } from '../../scripts/protocolRoles'
import { connectSystem, type System } from '../../scripts/system'
import { systemChecks } from '../../scripts/systemChecks'
import { deployExample, EXAMPLE, LOCAL, named } from './deployExample'
import { deployWithOperators } from './publishedEpoch'

/** Calls as governance does after a vote: as the timelock. */
async function asTimelock(system: System) {
  const { address } = system.record.contracts.timelock
  await ethers.provider.send('hardhat_setBalance', [address, '0xde0b6b3a7640000'])
  return ethers.getImpersonatedSigner(address)
}

async function failing(system: System): Promise<string[]> {
  return (await systemChecks(system)).filter(({ passed }) => !passed).map(({ name }) => name)
}

describe('deploySystem', () => {
  async function fixture() {
    const [deployer, operator, second, third] = await ethers.getSigners()
    const system = await deployWithOperators(deployer!, [operator!, second!, third!], 1)
    return { system, deployer: deployer!, operator: operator! }
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
      record.contracts.rewardVault.address,
      deployer.address,
    ])
    expect(record.contracts.timelock.constructorArguments).to.deep.equal([
      '3600',
      [],
      [ethers.ZeroAddress],
      deployer.address,
    ])
  })

  it('records the block of every contract', async () => {
    const { system } = await loadFixture(fixture)
    for (const { address, blockNumber } of Object.values(system.record.contracts)) {
      expect(await ethers.provider.getCode(address, blockNumber)).to.not.equal('0x')
      expect(await ethers.provider.getCode(address, blockNumber - 1)).to.equal('0x')
    }
    expect(system.record.blockNumber).to.equal(system.record.contracts.access.blockNumber)
  })

  it('leaves the deployer without any right', async () => {
    const { system, deployer } = await loadFixture(fixture)
    const { token, access, timelock, rewardVault } = system
    await expect(token.setDistributor(deployer, true))
      .to.be.revertedWithCustomError(token, 'AccessManagedUnauthorized')
      .withArgs(deployer.address)
    await expect(access.grantRole(ADMIN_ROLE, deployer, 0)).to.be.revertedWithCustomError(
      access,
      'AccessManagerUnauthorizedAccount',
    )
    await expect(timelock.grantRole(ethers.ZeroHash, deployer)).to.be.revertedWithCustomError(
      timelock,
      'AccessControlUnauthorizedAccount',
    )
    await expect(rewardVault.setOracle(deployer)).to.be.revertedWithCustomError(
      rewardVault,
      'RewardVault_NotOracle',
    )
  })

  it('names the operators, the roles and the wallet of the emissions', async () => {
    const { system, operator } = await loadFixture(fixture)
    const { operatorSet, emissionController, genesis, attributionOracle, parameters } = system
    const { operators, faults } = await operatorSet.membersOf(1)
    expect([operators[0], operators.length, faults]).to.deep.equal([operator.address, 3, 1n])
    expect(await emissionController.vestingWallet()).to.equal((await genesis.walletsOf(0))[0])
    const guardian = await ethers.getSigner(parameters.roles.guardian)
    await expect(attributionOracle.connect(guardian).pauseClaims()).to.emit(attributionOracle, 'ClaimsPaused')
  })

  it('tells each step as it is done', async () => {
    const [deployer] = await ethers.getSigners()
    const parameters = named(await readDeployParameters(EXAMPLE))
    const seen: DeployProgress[] = []
    await deploySystem(deployer!, parameters, { onProgress: step => seen.push(step) })
    const contracts = seen.filter(({ phase }) => phase === 'contracts')
    expect(contracts.map(({ step }) => step)).to.deep.equal([...CONTRACT_NAMES])
    expect(contracts.map(({ done }) => done)).to.deep.equal(CONTRACT_NAMES.map((_, i) => i + 1))
    const plan = deploymentPlan(parameters, { deployer: deployer!.address, timestamp: 1 })
    const wiring = seen.filter(({ phase }) => phase === 'wiring')
    expect(wiring.map(({ step }) => step)).to.deep.equal(
      plan.slice(CONTRACT_NAMES.length).map(({ title }) => title),
    )
    expect(wiring.at(-1)).to.deep.include({ done: wiring.length, total: wiring.length })
    expect(seen.at(-1)?.phase).to.equal('checks')
  })

  it('refuses a right for the deployer before anything is sent', async () => {
    const [deployer] = await ethers.getSigners()
    const { roles } = await readDeployParameters(LOCAL)
    const before = await ethers.provider.getBlockNumber()
    const work = deployExample(deployer!, { roles: { ...roles, guardian: deployer!.address } })
    const error = await work.catch(caught => caught)
    expect(error.code).to.equal('ARGUMENT_INVALID')
    expect(error.data).to.deep.include({ name: 'roles.guardian', got: `the deployer ${deployer!.address}` })
    expect(await ethers.provider.getBlockNumber()).to.equal(before)
  })

  it('names the step that the chain refuses, and why', async () => {
    const [deployer] = await ethers.getSigners()
    const { governance } = await readDeployParameters(LOCAL)
    const error = await deployExample(deployer!, { governance: { ...governance, votingPeriod: 0 } }).catch(
      caught => caught,
    )
    expect(error.code).to.equal('TRANSACTION_REVERTED')
    expect(error.data).to.deep.equal({
      call: 'the deployment of governor',
      got: 'GovernorInvalidVotingPeriod(0)',
    })
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
      const other = await deployExample(deployer)
      const contracts = { ...system.record.contracts, rewardEscrow: other.record.contracts.rewardEscrow }
      const broken = connectSystem({ ...system.record, contracts }, ethers.provider)
      expect(await failing(broken)).to.include.members(['rewardEscrow.token', 'rewardEscrow.oracle'])
    })

    it('finds a distributor that was switched off', async () => {
      const { system } = await loadFixture(fixture)
      const timelock = await asTimelock(system)
      await system.token.connect(timelock).setDistributor(system.rewardVault, false)
      const error = await checkSystem(system).catch(caught => caught)
      expect(error.code).to.equal('ROLE_MISMATCH')
      expect(error.data).to.deep.equal({
        role: 'token DistributorSet',
        got: '',
        expected: system.record.contracts.rewardVault.address,
      })
    })

    it('finds a right that nobody was to have, and one that was taken away', async () => {
      const { system, operator, deployer } = await loadFixture(fixture)
      const { access, parameters } = system
      const timelock = await asTimelock(system)
      await access.connect(timelock).grantRole(2, operator, 60)
      await access.connect(timelock).grantRole(ADMIN_ROLE, deployer, 0)
      await access.connect(timelock).revokeRole(1, parameters.roles.guardian)
      expect(await failing(system)).to.have.members([
        'access ADMIN members',
        'access EPOCH_MANAGER members',
        'access GUARDIAN members',
        `access GUARDIAN has ${parameters.roles.guardian}`,
        'deployer without ADMIN',
      ])
    })

    it('finds a function that was opened to another role', async () => {
      const { system } = await loadFixture(fixture)
      const timelock = await asTimelock(system)
      const { selector } = system.token.interface.getFunction('setDistributor')
      await system.access.connect(timelock).setTargetFunctionRole(system.token, [selector], 2)
      expect(await failing(system)).to.deep.equal(['access other functions with a role'])
    })

    it('finds a setting that was changed', async () => {
      const { system } = await loadFixture(fixture)
      const timelock = await asTimelock(system)
      await system.attributionOracle.connect(timelock).setChallengeWindow(86_400)
      expect(await failing(system)).to.deep.equal(['attributionOracle.challengeWindow'])
    })
  })
})
