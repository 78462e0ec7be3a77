import { join } from 'node:path'

import { ethers } from 'hardhat'

import { type Keccak, TreeBuilder, loadKeccak, treeDomains } from '../../attribution-oracle/src/settlement'
import { readDeployParameters, type DeployParameters } from '../../scripts/deployParameters'
import { DEPLOYMENTS } from '../../scripts/deploymentRecord'
import { deploySystem } from '../../scripts/deploySystem'
import { SPEC_VERSION, connectSystem, type System } from '../../scripts/system'
import type { ContractWalletMock } from '../../typechain-types'
import { cast, type Cast } from './cast'
import type { SettledEpoch } from './epochs'

const PARAMETERS = join(DEPLOYMENTS, 'parameters.local.json')

/** What the chapters share: the deployed protocol, who takes part, and what was settled so far. */
export interface World {
  /** Its contracts are connected to no account: who acts is said at each call. */
  readonly system: System
  readonly cast: Cast
  readonly keccak: Keccak
  readonly trees: TreeBuilder
  /** The payer that is a contract. */
  readonly wallet: ContractWalletMock
  /** Honest epochs as they were posted, epoch 1 first. */
  readonly epochs: SettledEpoch[]
}

/** Deploys everything; the deployer keeps nothing. */
export async function newWorld(): Promise<World> {
  const people = await cast()
  const { record } = await deploySystem(people.deployer, await parametersOf(people))
  const system = connectSystem(record, ethers.provider)
  const keccak = await loadKeccak()
  const vault = record.contracts.rewardVault.address
  return {
    system,
    cast: people,
    keccak,
    trees: new TreeBuilder(keccak, treeDomains(keccak, record.chainId, vault, SPEC_VERSION)),
    wallet: await ethers.deployContract('ContractWalletMock', [people.walletKey]),
    epochs: [],
  }
}

/** The tracked local parameters with the people of the story, and no operators: governance appoints them. */
async function parametersOf(people: Cast): Promise<DeployParameters> {
  const local = await readDeployParameters(PARAMETERS)
  const [first, second] = people.investors
  const whole = (account: string) => [{ account, shareBps: 10_000 }]
  return {
    ...local,
    genesis: {
      ...local.genesis,
      investors: {
        ...local.genesis.investors,
        beneficiaries: [
          { account: first!.address, shareBps: 6_000 },
          { account: second!.address, shareBps: 4_000 },
        ],
      },
      team: { ...local.genesis.team, beneficiaries: whole(people.team.address) },
      ecosystem: { ...local.genesis.ecosystem, beneficiaries: whole(people.foundation.address) },
      liquidity: { ...local.genesis.liquidity, beneficiaries: whole(people.market.address) },
    },
    roles: { guardian: people.guardian.address, epochManager: people.epochManager.address },
    operators: { ...local.operators, accounts: [], faults: 0 },
    committee: {
      ...local.committee,
      members: people.committee.map(({ address }) => address),
      votesNeeded: 2,
    },
  }
}
