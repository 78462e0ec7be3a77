import { AbiCoder, keccak256, Result, type Provider } from 'ethers'

import type { DeployParameters } from './deployParameters'
import {
  CONTRACT_NAMES,
  type ArgumentText,
  type ContractName,
  type DeploymentRecord,
} from './deploymentRecord'
import { ProtocolError } from './errors'
import { resolved } from './planResolution'
import type { Step } from './planTypes'
import { FACTORIES } from './system'

/** Where a contract was put. */
export interface Placed {
  readonly address: string
  readonly blockNumber: number
}

export interface DeploymentFacts {
  readonly network: string
  readonly deployer: string
  /** Unix seconds that the plan was made with. */
  readonly plannedAt: number
  readonly parameters: DeployParameters
  readonly plan: readonly Step[]
  /** The CREATE2 salt of a Safe's deployment. */
  readonly salt?: string
  readonly placed: Readonly<Partial<Record<ContractName, Placed>>>
}

/** The record of what a plan put on a chain; the code hashes are read there. */
export async function newRecord(provider: Provider, facts: DeploymentFacts): Promise<DeploymentRecord> {
  const { network, deployer, plannedAt, parameters } = facts
  const places = placesOf(facts)
  const argumentsOf = constructorArguments(facts.plan, places)
  const contracts = await Promise.all(
    CONTRACT_NAMES.map(async name => {
      const { address, blockNumber } = places[name]
      const codeHash = keccak256(await provider.getCode(address))
      return [name, { address, blockNumber, constructorArguments: argumentsOf[name], codeHash }] as const
    }),
  )
  return {
    format: 'open-datanets/deployment',
    version: 2,
    network,
    chainId: Number((await provider.getNetwork()).chainId),
    blockNumber: Math.min(...CONTRACT_NAMES.map(name => places[name].blockNumber)),
    plannedAt,
    deployer,
    ...(facts.salt === undefined ? {} : { salt: facts.salt }),
    parameters,
    contracts: Object.fromEntries(contracts) as DeploymentRecord['contracts'],
  }
}

/** The constructor arguments of a plan whose contracts lie at these places, as a record holds them. */
export function constructorArguments(
  plan: readonly Step[],
  places: Readonly<Record<ContractName, { readonly address: string }>>,
): Record<ContractName, ArgumentText[]> {
  const addresses = Object.fromEntries(CONTRACT_NAMES.map(name => [name, places[name].address]))
  const texts: Partial<Record<ContractName, ArgumentText[]>> = {}
  for (const step of plan) {
    if (step.kind !== 'deploy') continue
    const { inputs } = FACTORIES[step.contract].createInterface().deploy
    const values = step.args.map(value => resolved(value, addresses))
    const coder = AbiCoder.defaultAbiCoder()
    texts[step.contract] = coder.decode(inputs, coder.encode(inputs, values)).toArray().map(asText)
  }
  return texts as Record<ContractName, ArgumentText[]>
}

function asText(value: unknown): ArgumentText {
  return value instanceof Result ? value.toArray().map(asText) : String(value)
}

function placesOf({ placed }: DeploymentFacts): Record<ContractName, Placed> {
  const missing = CONTRACT_NAMES.filter(name => placed[name] === undefined)
  if (missing.length === 0) return placed as Record<ContractName, Placed>
  const expected = 'every contract of the system'
  throw new ProtocolError('ARGUMENT_INVALID', { name: 'plan', got: `no ${missing.join(', ')}`, expected })
}
