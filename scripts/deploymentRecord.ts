import { mkdir, readdir, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import { keccak256, type Provider } from 'ethers'
import { z } from 'zod'

import { deployParametersSchema } from './deployParameters'
import { isDevelopmentChain } from './developmentChains'
import { isProtocolError, ProtocolError } from './errors'
import { readJsonFile } from './jsonFile'
import { address, bytes32, whole } from './schemaFaults'

/** The contracts of a system in the order of their deployment, by the names that the record, the tests and the demo use. */
export const CONTRACT_NAMES = [
  'access',
  'timelock',
  'genesis',
  'token',
  'contributorRegistry',
  'staking',
  'datanetRegistry',
  'permissionBook',
  'modelRegistry',
  'operatorSet',
  'rewardVault',
  'rewardEscrow',
  'attributionOracle',
  'fraudProofs',
  'settlementProofs',
  'pageDemands',
  'inferencePayments',
  'emissionController',
  'committeeArbitrator',
  'disputeCourt',
  'governor',
] as const

export type ContractName = (typeof CONTRACT_NAMES)[number]

/** A constructor argument as text; structs and arrays are lists of such texts. */
export type ArgumentText = string | readonly ArgumentText[]

const argument: z.ZodType<ArgumentText> = z
  .lazy(() => z.union([z.string(), z.array(argument)]))
  .meta({ id: 'argument' })

const contract = z.strictObject({
  address,
  /** The block that it was created in. */
  blockNumber: whole(0, Number.MAX_SAFE_INTEGER),
  /** As they were sent. */
  constructorArguments: z.array(argument),
  /** keccak-256 of the deployed code. */
  codeHash: bytes32,
})

export const deploymentRecordSchema = z.strictObject({
  format: z.literal('open-datanets/deployment', '"open-datanets/deployment"'),
  version: z.literal(2, '2'),
  network: z.string().min(1),
  chainId: whole(1, Number.MAX_SAFE_INTEGER),
  /** The block of the first contract: nothing of the system is on chain before it. */
  blockNumber: whole(0, Number.MAX_SAFE_INTEGER),
  /** Unix seconds at which the deployment was planned: what the parameters leave to it is counted from here. */
  plannedAt: whole(0, 2 ** 40),
  deployer: address,
  /** The CREATE2 salt of the contracts, where a Safe deployed them through the deployment proxy. */
  salt: bytes32.optional(),
  /** The parameter file that was deployed, as it was given. */
  parameters: deployParametersSchema,
  contracts: z.strictObject(
    Object.fromEntries(CONTRACT_NAMES.map(name => [name, contract])) as Record<ContractName, typeof contract>,
  ),
})

/** The same as JSON Schema 2020-12, for readers that are not this code. */
export function recordJsonSchema(): object {
  return z.toJSONSchema(deploymentRecordSchema, { io: 'input' })
}

export type DeploymentRecord = z.output<typeof deploymentRecordSchema>

/** The folder of the records in this repository. */
export const DEPLOYMENTS = join(__dirname, '..', 'deployments')

/** Where the record of a network lies. @throws ProtocolError ARGUMENT_INVALID for a name that is no folder name. */
export function recordPath(network: string, folder = DEPLOYMENTS): string {
  if (!/^[a-z0-9][a-z0-9-]{0,63}$/i.test(network)) {
    const expected = 'letters, digits and dashes, at most 64'
    throw new ProtocolError('ARGUMENT_INVALID', { name: 'network', got: `"${network}"`, expected })
  }
  return join(folder, network, 'system.json')
}

/**
 * The record of a deployed system.
 * @param chainId when given, the chain that the caller is connected to: the record must be of this chain.
 * @throws ProtocolError RECORD_MISSING (naming the networks that have one), RECORD_INVALID, RECORD_OF_OTHER_CHAIN.
 */
export async function readDeployment(
  network: string,
  { folder = DEPLOYMENTS, chainId }: { folder?: string; chainId?: bigint } = {},
): Promise<DeploymentRecord> {
  const path = recordPath(network, folder)
  const record = await readJsonFile(path, deploymentRecordSchema, 'RECORD_INVALID').catch(async cause => {
    if (!isProtocolError(cause, 'FILE_UNREADABLE')) throw cause
    throw new ProtocolError(
      'RECORD_MISSING',
      { network, path, known: await recordedNetworks(folder) },
      { cause },
    )
  })
  if (chainId !== undefined && BigInt(record.chainId) !== chainId) {
    const data = { path, got: `chain ${chainId}`, expected: `chain ${record.chainId}` }
    throw new ProtocolError('RECORD_OF_OTHER_CHAIN', data)
  }
  return record
}

/** Writes the record whole or not at all. @returns its path. */
export async function writeDeployment(
  network: string,
  record: DeploymentRecord,
  { folder = DEPLOYMENTS }: { folder?: string } = {},
): Promise<string> {
  const path = recordPath(network, folder)
  await mkdir(dirname(path), { recursive: true })
  const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)
  await writeFile(`${path}.tmp`, `${JSON.stringify(record, asText, 2)}\n`, { flush: true })
  await rename(`${path}.tmp`, path)
  return path
}

/**
 * Guards against a second deployment by mistake. A record whose contracts are not on this chain (a throw-away chain
 * was started anew) may be replaced.
 * @throws ProtocolError RECORD_EXISTS when the recorded system stands on the chain, and always when that is no
 *   development chain; RECORD_INVALID.
 */
export async function refuseSecondDeployment(
  network: string,
  provider: Provider,
  options: { folder?: string } = {},
): Promise<void> {
  const record = await readDeployment(network, options).catch(error => {
    if (isProtocolError(error, 'RECORD_MISSING')) return undefined
    throw error
  })
  if (record === undefined) return
  const { chainId } = await provider.getNetwork()
  const { address, codeHash } = record.contracts.token
  if (BigInt(record.chainId) !== chainId) return
  // Elsewhere one answer without code is no proof: nodes lag, and a second system would be deployed.
  const isThere = !isDevelopmentChain(chainId) || keccak256(await provider.getCode(address)) === codeHash
  if (!isThere) return
  throw new ProtocolError('RECORD_EXISTS', { path: recordPath(network, options.folder), token: address })
}

async function recordedNetworks(folder: string): Promise<string[]> {
  const files = await readdir(folder, { recursive: true }).catch(() => [])
  return files
    .filter(file => /^[^/\\]+[/\\]system\.json$/.test(file))
    .map(file => dirname(file))
    .sort()
}
