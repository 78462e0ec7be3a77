import { loadFixture, mine, time } from '@nomicfoundation/hardhat-toolbox/network-helpers'
import { expect } from 'chai'
import { id, type Signer } from 'ethers'
import { ethers } from 'hardhat'

import { checkSystem } from '../../scripts/checkSystem'
import { deploymentPlan } from '../../scripts/deploymentPlan'
import { readDeployParameters } from '../../scripts/deployParameters'
import { CONTRACT_NAMES } from '../../scripts/deploymentRecord'
import { executePlan } from '../../scripts/deploySystem'
import { newRecord, type Placed } from '../../scripts/newRecord'
import { ADMIN_ROLE, TIMELOCK_ROLES } from '../../scripts/protocolRoles'
import { connectContracts, connectSystem, type Contracts, type System } from '../../scripts/system'
import { systemChecks } from '../../scripts/systemChecks'
import { deployExample, LOCAL } from './deployExample'

const BESIDE = 'deployment history beside the plan'
const STRANGERS = 'timelock operations without a proposal'

async function failing(system: System): Promise<Record<string, string>> {
  const failed = (await systemChecks(system)).filter(({ passed }) => !passed)
  return Object.fromEntries(failed.map(({ name, got }) => [name, got]))
}

/** A deployment whose deployer does something of its own before the step with this id. */
async function deployWith(
  deployer: Signer,
  before: string,
  act: (contracts: Contracts) => Promise<void>,
): Promise<System> {
  const parameters = await readDeployParameters(LOCAL)
  const self = await deployer.getAddress()
  const plannedAt = await time.latest()
  const plan = deploymentPlan(parameters, { deployer: self, timestamp: plannedAt })
  const cut = plan.findIndex(step => step.id === before)
  let contracts: Contracts | undefined
  let seen = 0
  const { placed } = await executePlan(interrupted(), plan)
  const facts = { network: 'demo', deployer: self, plannedAt, parameters, plan, placed }
  return connectSystem(await newRecord(ethers.provider, facts), deployer)

  // Each step of the plan is one transaction.
  function interrupted(): Signer {
    const places: Partial<Record<string, Placed['address']>> = {}
    return new Proxy(deployer, {
      get: (signer, name) => {
        if (name !== 'sendTransaction') {
          const value: unknown = Reflect.get(signer, name)
          return typeof value === 'function' ? value.bind(signer) : value
        }
        return async (...[request]: Parameters<Signer['sendTransaction']>) => {
          if (seen === cut) {
            contracts = connectContracts(places as Record<(typeof CONTRACT_NAMES)[number], string>, deployer)
            await act(contracts)
          }
          const sent = await signer.sendTransaction(request)
          const address = (await sent.wait())?.contractAddress
          if (address != null) places[CONTRACT_NAMES[seen] as string] = address
          seen++
          return sent
        }
      },
    })
  }
}

describe('the history of a deployment', () => {
  async function fixture() {
    const [deployer, , , , attacker] = await ethers.getSigners()
    return { deployer: deployer!, attacker: attacker! }
  }

  it('finds an operation that the deployer left in the timelock, before and after it ran', async () => {
    const { deployer, attacker } = await loadFixture(fixture)
    const { PROPOSER_ROLE } = TIMELOCK_ROLES
    const delay = (await readDeployParameters(LOCAL)).governance.timelockDelay
    let data = '0x'
    const system = await deployWith(deployer, 'timelock_renounce', async ({ timelock, access }) => {
      data = access.interface.encodeFunctionData('grantRole', [ADMIN_ROLE, attacker.address, 0])
      await timelock.grantRole(PROPOSER_ROLE, deployer)
      await timelock.schedule(access, 0, data, ethers.ZeroHash, ethers.ZeroHash, delay)
      await timelock.revokeRole(PROPOSER_ROLE, deployer)
    })
    const found = await failing(system)
    expect(Object.keys(found)).to.have.members([STRANGERS, BESIDE])
    expect(found[STRANGERS]).to.match(/^0x\w{64}, scheduled in block \d+$/)
    expect(found[BESIDE])
      .to.contain(`timelock.RoleGranted(${PROPOSER_ROLE}, ${deployer.address})`)
      .and.to.contain('timelock.CallScheduled(0x')
      .and.to.contain(`timelock.RoleRevoked(${PROPOSER_ROLE}, ${deployer.address})`)
    const error = await checkSystem(system).catch(caught => caught)
    expect(error.code).to.equal('ROLE_MISMATCH')

    await time.increase(delay)
    const { timelock, access } = system
    await timelock.connect(attacker).execute(access, 0, data, ethers.ZeroHash, ethers.ZeroHash)
    expect((await failing(system))[STRANGERS]).to.match(/, executed in block \d+$/)
  })

  it('finds a right that was given and taken back', async () => {
    const { deployer, attacker } = await loadFixture(fixture)
    const system = await deployWith(deployer, 'access_renounce', async ({ access, token }) => {
      await access.grantRole(2, attacker, 0)
      await access.revokeRole(2, attacker)
      await token.setDistributor(attacker, true)
      await token.setDistributor(attacker, false)
    })
    expect(await failing(system)).to.deep.equal({
      [BESIDE]: [
        `access.RoleGranted(2, ${attacker.address}, 0)`,
        `access.RoleRevoked(2, ${attacker.address})`,
        `token.DistributorSet(${attacker.address}, true)`,
        `token.DistributorSet(${attacker.address}, false)`,
      ].join('; '),
    })
  })

  it('finds weights, a curve, operators of a later epoch and an open epoch', async () => {
    const { deployer, attacker } = await loadFixture(fixture)
    const curve = { initialBudget: 1n, decayBps: 0, stepEpochs: 1 }
    const system = await deployWith(deployer, 'functions_EPOCH_MANAGER', async contracts => {
      await contracts.datanetRegistry.createDatanet('mine', id('m'), 0)
      await contracts.emissionController.setWeights([1], [10_000])
      await contracts.emissionController.setCurve(curve)
      await contracts.operatorSet.setOperators([attacker], 0, 2)
      await contracts.attributionOracle.openEpoch(1, id('config'))
    })
    const found = await failing(system)
    for (const event of [
      'emissionController.WeightsSet([1], [10000])',
      'emissionController.CurveSet(0, 1, 0, 1)',
      `operatorSet.OperatorsSet(1, 2, [${attacker.address}], 0)`,
      `attributionOracle.EpochOpened(1, ${id('config')})`,
    ]) {
      expect(found[BESIDE]).to.contain(event)
    }
  })

  it('finds a root that the deployer put into the vault', async () => {
    const { deployer } = await loadFixture(fixture)
    const root = id('root').slice(0, 50)
    const system = await deployWith(deployer, 'rewardVault_setOracle', async ({ rewardVault }) => {
      await rewardVault.setRoot(root, 7)
    })
    expect(await failing(system)).to.deep.equal({
      'rewardVault.root before the first final epoch': `${root}, epoch 7`,
    })
  })

  it('finds a step that was left out', async () => {
    const { deployer } = await loadFixture(fixture)
    const system = await deployExample(deployer)
    const { parameters, record } = system
    const emission = { ...parameters.emission, feeCap: { capBps: 1, floorPerDatanet: 1n } }
    const other = connectSystem({ ...record, parameters: { ...parameters, emission } }, deployer)
    expect((await failing(other))['deployment history missing from the plan']).to.equal(
      'emissionController.FeeCapSet(1, 1)',
    )
  })

  it('takes what governance does later, from its queue to its execution', async () => {
    const { deployer } = await loadFixture(fixture)
    const system = await deployExample(deployer)
    const { governor, token, datanetRegistry, emissionController, parameters } = system
    await datanetRegistry.createDatanet('first', id('m'), 0)
    await token.delegate(deployer)
    await mine(2)
    const call = emissionController.interface.encodeFunctionData('setWeights', [[1], [10_000]])
    const targets = [await emissionController.getAddress()]
    await governor.propose(targets, [0], [call], 'weights')
    const proposal = await governor.getProposalId(targets, [0], [call], id('weights'))
    await time.increase(parameters.governance.votingDelay + 1)
    await governor.castVote(proposal, 1)
    await time.increase(parameters.governance.votingPeriod + parameters.governance.lateQuorumExtension)
    await governor['queue(uint256)'](proposal)
    expect(await failing(system)).to.deep.equal({})
    await time.increase(parameters.governance.timelockDelay)
    await governor['execute(uint256)'](proposal)
    expect(await failing(system)).to.deep.equal({})
  })
})
