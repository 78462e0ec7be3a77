import type { Provider } from 'ethers'

import { allocationsOf, governanceDelay, SUPPLY, type DeployParameters } from './deployParameters'
import { isDevelopmentChain } from './developmentChains'
import { ProtocolError, type Fault } from './errors'

const HOUR = 3600
const DAY = 24 * HOUR

/** What governance may not fall below where tokens are worth something: seconds, and wei of OPEN. */
export const GOVERNANCE_MINIMUMS = {
  votingDelay: DAY,
  votingPeriod: 3 * DAY,
  timelockDelay: DAY,
  proposalThreshold: SUPPLY / 10_000n,
} as const

// What nobody has a key of: the addresses of the example file, and those next to zero.
const PLACEHOLDER = /^0x((dead){9}|0{36})[0-9a-f]{4}$/i

export interface DeploymentScene {
  readonly deployer: string
  readonly chainId: bigint | number
}

/**
 * Refuses what the schema cannot judge, because it depends on who deploys and where. Placeholders are refused
 * everywhere; whatever would make the deployer the government, only where tokens are worth something.
 * @throws ProtocolError PARAMETERS_INVALID with every fault.
 */
export function refuseUnsafe(parameters: DeployParameters, { deployer, chainId }: DeploymentScene): void {
  const faults = [
    ...placeholdersIn(parameters),
    ...(isDevelopmentChain(chainId) ? [] : faultsOfRealChain(parameters, deployer)),
  ]
  if (faults.length > 0) throw new ProtocolError('PARAMETERS_INVALID', { path: 'the parameters', faults })
}

/** The same for the chain of a provider. */
export async function refuseUnsafeOn(
  provider: Provider,
  parameters: DeployParameters,
  deployer: string,
): Promise<void> {
  refuseUnsafe(parameters, { deployer, chainId: (await provider.getNetwork()).chainId })
}

/** What is allowed and still worth a second thought. */
export function warningsOf(parameters: DeployParameters, deployer: string): string[] {
  const { governance, roles, challengeWindow } = parameters
  const votes = [...liquidOf(parameters, deployer)].filter(([, wei]) => wei >= quorumOf(parameters))
  return [
    ...votes.map(([account, wei]) => {
      return `${account} alone reaches the quorum from the genesis: ${wei} wei are liquid, ${quorumOf(parameters)} are enough`
    }),
    ...(roles.epochManager === 'timelock' && governanceDelay(governance) >= challengeWindow
      ? [
          `roles.epochManager is "timelock": every epoch waits ${governanceDelay(governance)} s for a vote, longer than the challenge window of ${challengeWindow} s`,
        ]
      : []),
  ]
}

function placeholdersIn(value: unknown, name = ''): Fault[] {
  if (typeof value === 'string') {
    const expected = 'the address of whoever is meant: this one is a placeholder'
    return PLACEHOLDER.test(value) ? [{ name, got: value, expected }] : []
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => {
    return placeholdersIn(item, name === '' ? key : `${name}.${key}`)
  })
}

function faultsOfRealChain(parameters: DeployParameters, deployer: string): Fault[] {
  return [
    ...namelessBeneficiaries(parameters),
    ...deployersVotes(parameters, deployer),
    ...belowMinimums(parameters),
    ...deployerAmongOperators(parameters, deployer),
  ]
}

function namelessBeneficiaries({ genesis }: DeployParameters): Fault[] {
  return Object.entries(genesis).flatMap(([group, { beneficiaries }]) => {
    return beneficiaries.flatMap(({ account }, i): Fault[] => {
      if (account !== null) return []
      const name = `genesis.${group}.beneficiaries.${i}.account`
      return [{ name, got: 'null', expected: 'an address: the deployer only on development chains' }]
    })
  })
}

// The quorum is a part of the supply, and at the genesis few hold liquid tokens: so votes are counted as if all were cast.
function deployersVotes(parameters: DeployParameters, deployer: string): Fault[] {
  const got = liquidOf(parameters, deployer).get(deployer) ?? 0n
  if (got < quorumOf(parameters)) return []
  const expected = `less than the quorum of ${quorumOf(parameters)} wei: it would govern alone`
  return [{ name: 'genesis', got: `${got} wei liquid for the deployer ${deployer}`, expected }]
}

function belowMinimums({ governance }: DeployParameters): Fault[] {
  return Object.entries(GOVERNANCE_MINIMUMS).flatMap(([key, least]): Fault[] => {
    const got = governance[key as keyof typeof GOVERNANCE_MINIMUMS]
    if (got >= least) return []
    return [{ name: `governance.${key}`, got: String(got), expected: `at least ${least} on a real chain` }]
  })
}

function deployerAmongOperators({ operators }: DeployParameters, deployer: string): Fault[] {
  const seat = operators.accounts.indexOf(deployer)
  if (seat === -1) return []
  const expected = 'another account: the deployer ends without any right'
  return [{ name: `operators.accounts.${seat}`, got: `the deployer ${deployer}`, expected }]
}

// Tokens that vest lie in wallets that cannot vote, and contracts delegate nothing.
function liquidOf(parameters: DeployParameters, deployer: string): Map<string, bigint> {
  const liquid = new Map<string, bigint>()
  for (const { account, liquid: wei } of allocationsOf(parameters).flatMap(({ allotments }) => allotments)) {
    if (account === 'timelock' || account === 'emissionController') continue
    const holder = account ?? deployer
    liquid.set(holder, (liquid.get(holder) ?? 0n) + wei)
  }
  return liquid
}

function quorumOf({ governance }: DeployParameters): bigint {
  return (SUPPLY * BigInt(governance.quorumPercent)) / 100n
}
