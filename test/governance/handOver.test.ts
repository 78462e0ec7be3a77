import { loadFixture } from '@nomicfoundation/hardhat-network-helpers'
import { expect } from 'chai'
import { ethers } from 'hardhat'
import { CONSTANT, skipIfInstrumented } from '../rewards/emissionSystem'
import { ADMIN, executed, governanceSystem, GUARDIAN, MIN_DELAY, queued } from './governanceSystem'

/** Every function of the system that only governance may call, as a stranger would call it. */
async function privileged(system: Awaited<ReturnType<typeof governanceSystem>>) {
  const { emissions, token, staking, oracle, anyone } = system
  const wallet = await ethers.deployContract('VestingWallet', [emissions, 0, 1])
  return {
    setWeights: () => emissions.setWeights.populateTransaction([], []),
    setCurve: () => emissions.setCurve.populateTransaction(CONSTANT),
    setFeeCap: () => emissions.setFeeCap.populateTransaction(1, 1n),
    handOverEmissions: () => emissions.handOver.populateTransaction(emissions),
    setVestingWallet: () => emissions.setVestingWallet.populateTransaction(wallet),
    setDistributor: () => token.setDistributor.populateTransaction(anyone, true),
    hold: () => staking.hold.populateTransaction(anyone, 1, 1n),
    slash: () => staking.slash.populateTransaction(anyone, 1, 1n, anyone),
    setChallengeWindow: () => oracle.setChallengeWindow.populateTransaction(86_400),
    handOver: () => oracle.handOver.populateTransaction(anyone),
  }
}

describe('hand-over', () => {
  it('leaves the deployer no role in the access manager or the timelock', async () => {
    const { access, timelock, deployer } = await loadFixture(governanceSystem)
    for (const role of [ADMIN, GUARDIAN, 2n, 3n]) {
      expect(await access.hasRole(role, deployer)).to.deep.equal([false, 0n])
    }
    for (const role of ['DEFAULT_ADMIN_ROLE', 'PROPOSER_ROLE', 'EXECUTOR_ROLE', 'CANCELLER_ROLE'] as const) {
      expect(await timelock.hasRole(await timelock[role](), deployer)).to.equal(false)
    }
  })

  it('makes the timelock the admin, and the governor its only proposer', async () => {
    const { access, timelock, governor } = await loadFixture(governanceSystem)
    expect(await access.hasRole(ADMIN, timelock)).to.deep.equal([true, 0n])
    expect(await timelock.getMinDelay()).to.equal(MIN_DELAY)
    expect(await timelock.hasRole(await timelock.DEFAULT_ADMIN_ROLE(), timelock)).to.equal(true)
    expect(await timelock.hasRole(await timelock.PROPOSER_ROLE(), governor)).to.equal(true)
    expect(await timelock.hasRole(await timelock.CANCELLER_ROLE(), governor)).to.equal(true)
    const granted = await timelock.queryFilter(timelock.filters.RoleGranted(await timelock.PROPOSER_ROLE()))
    expect(granted.map(({ args }) => args.account)).to.deep.equal([await governor.getAddress()])
  })

  for (const who of ['deployer', 'guardian', 'anyone', 'alice'] as const) {
    it(`lets ${who} call no function of governance`, async () => {
      const system = await loadFixture(governanceSystem)
      const caller = system[who]
      for (const call of Object.values(await privileged(system))) {
        await expect(caller.sendTransaction(await call()))
          .to.be.revertedWithCustomError(system.emissions, 'AccessManagedUnauthorized')
          .withArgs(caller)
      }
    })

    it(`lets ${who} neither take a role nor pass the vote or the delay`, async () => {
      const system = await loadFixture(governanceSystem)
      const { access, timelock, governor, emissions, feeCap } = system
      const caller = system[who]
      await expect(access.connect(caller).grantRole(GUARDIAN, caller, 0))
        .to.be.revertedWithCustomError(access, 'AccessManagerUnauthorizedAccount')
        .withArgs(caller, ADMIN)
      await expect(access.connect(caller).setTargetFunctionRole(emissions, ['0x00000000'], GUARDIAN))
        .to.be.revertedWithCustomError(access, 'AccessManagerUnauthorizedAccount')
        .withArgs(caller, ADMIN)
      const [none, data] = [ethers.ZeroHash, feeCap.calldatas[0]!]
      await expect(timelock.connect(caller).schedule(emissions, 0, data, none, none, MIN_DELAY))
        .to.be.revertedWithCustomError(timelock, 'AccessControlUnauthorizedAccount')
        .withArgs(caller, await timelock.PROPOSER_ROLE())
      await expect(timelock.connect(caller).grantRole(await timelock.PROPOSER_ROLE(), caller))
        .to.be.revertedWithCustomError(timelock, 'AccessControlUnauthorizedAccount')
        .withArgs(caller, await timelock.DEFAULT_ADMIN_ROLE())
      await expect(timelock.connect(caller).updateDelay(0))
        .to.be.revertedWithCustomError(timelock, 'TimelockUnauthorizedCaller')
        .withArgs(caller)
      await expect(governor.connect(caller).setVotingDelay(0))
        .to.be.revertedWithCustomError(governor, 'GovernorOnlyExecutor')
        .withArgs(caller)
    })
  }

  it('lets nobody but the governor cancel what is queued', async () => {
    const system = await loadFixture(governanceSystem)
    const { timelock, deployer, guardian } = system
    await queued(system)
    for (const caller of [deployer, guardian]) {
      await expect(timelock.connect(caller).cancel(ethers.ZeroHash))
        .to.be.revertedWithCustomError(timelock, 'AccessControlUnauthorizedAccount')
        .withArgs(caller, await timelock.CANCELLER_ROLE())
    }
  })

  describe('guardian', () => {
    it('pauses claims and cancels a pending root, which the deployer cannot', async () => {
      const { oracle, guardian, deployer } = await loadFixture(governanceSystem)
      await expect(oracle.connect(guardian).pauseClaims()).to.emit(oracle, 'ClaimsPaused')
      // There is no pending root: the call passes the role and fails on that.
      await expect(oracle.connect(guardian).cancelPending()).to.be.revertedWithCustomError(
        oracle,
        'AttributionOracle_NotPending',
      )
      for (const call of ['pauseClaims', 'cancelPending'] as const) {
        await expect(oracle.connect(deployer)[call]())
          .to.be.revertedWithCustomError(oracle, 'AccessManagedUnauthorized')
          .withArgs(deployer)
      }
    })

    it('loses its role by a vote', async () => {
      const system = await loadFixture(governanceSystem)
      const { access, oracle, guardian } = system
      await executed(system, {
        targets: [await access.getAddress()],
        values: [0n],
        calldatas: [access.interface.encodeFunctionData('revokeRole', [GUARDIAN, guardian.address])],
        description: 'Dismiss the guardian',
      })
      await expect(oracle.connect(guardian).pauseClaims())
        .to.be.revertedWithCustomError(oracle, 'AccessManagedUnauthorized')
        .withArgs(guardian)
    })
  })

  describe('code', () => {
    before(skipIfInstrumented)

    it('of every contract of governance is below 18,000 bytes', async () => {
      const { access, timelock, governor } = await loadFixture(governanceSystem)
      for (const contract of [access, timelock, governor]) {
        expect(ethers.dataLength(await ethers.provider.getCode(contract))).to.be.lessThan(18_000)
      }
    })
  })
})
