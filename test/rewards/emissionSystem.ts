import { time } from '@nomicfoundation/hardhat-network-helpers'
import type { Addressable } from 'ethers'
import hre, { ethers } from 'hardhat'

export const LENGTH = 86_400
export const BUDGET = 1000n
export const CONSTANT = { initialBudget: BUDGET, decayBps: 10_000, stepEpochs: 1 }
export const PROTOCOL_BPS = 500n
export const poolOf = (datanetId: number | bigint) => (1n << 32n) | BigInt(datanetId)

/** The emission controller on the real contracts that it reads and pays; the deployer is the authority's admin. */
export async function emissionSystem(curve = CONSTANT, holder?: Addressable) {
  const [deployer, anyone, farmer, treasury] = (await ethers.getSigners()) as [Signer, Signer, Signer, Signer]
  const access = await ethers.deployContract('OpenAccess', [deployer])
  const token = await ethers.deployContract('OpenToken', [holder ?? deployer, access])
  const staking = await ethers.deployContract('DatanetStaking', [token, access, LENGTH])
  const datanets = await ethers.deployContract('DatanetRegistry', [staking])
  await staking.setRegistry(datanets)
  const models = await ethers.deployContract('ModelRegistry', [datanets])
  const vault = ethers.Wallet.createRandom().address
  const escrow = await ethers.deployContract('RewardEscrow', [token, vault, deployer])
  const payments = await ethers.deployContract('InferencePayments', [
    token,
    models,
    escrow,
    staking,
    treasury,
    PROTOCOL_BPS,
    1000,
    2000,
  ])
  const startTime = (await time.latest()) + 1000
  const parameters = [token, escrow, datanets, models, payments, access, curve, LENGTH, startTime] as const
  const emissions = await ethers.deployContract('EmissionController', [...parameters])
  return {
    deployer,
    anyone,
    farmer,
    treasury,
    access,
    token,
    staking,
    datanets,
    models,
    escrow,
    payments,
    emissions,
    startTime,
    parameters,
  }
}

type Signer = Awaited<ReturnType<typeof ethers.getSigners>>[number]
export type EmissionSystem = Awaited<ReturnType<typeof emissionSystem>>

/** Creates Datanets up to that id, owned by `owner`. */
export async function createDatanets(system: EmissionSystem, upTo: number, owner = system.deployer) {
  for (let id = Number(await system.datanets.datanetCount()) + 1; id <= upTo; id++) {
    await system.datanets.connect(owner).createDatanet(`datanet ${id}`, ethers.id(`datanet ${id}`), 0)
  }
}

/** What a Datanet's pool ever got. */
export function funded(system: EmissionSystem, datanetId: number) {
  return system.escrow.funded(poolOf(datanetId))
}

/** Skips a test of gas or code size while the code is instrumented for coverage: the figures are not the code's. */
export function skipIfInstrumented(this: Mocha.Context) {
  if ('__SOLIDITY_COVERAGE_RUNNING' in hre) this.skip()
}
