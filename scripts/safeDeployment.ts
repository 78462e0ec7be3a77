import { access, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

import { hexlify, randomBytes, type Provider } from 'ethers'
import { z } from 'zod'

import { isBuildOf } from './deployedCode'
import { deploymentPlan } from './deploymentPlan'
import { refuseUnsafeOn } from './deploymentRules'
import { deployParametersSchema, type DeployParameters } from './deployParameters'
import { CONTRACT_NAMES, type ContractName } from './deploymentRecord'
import { ProtocolError } from './errors'
import { writeJsonDocument } from './jsonDocument'
import { readJsonFile } from './jsonFile'
import type { DeploymentFacts, Placed } from './newRecord'
import {
  batchesWithin,
  DEPLOYMENT_PROXY,
  DEPLOYMENT_PROXY_CODE,
  safeBatch,
  safeCallsOf,
  saltOf,
  writeSafeBatch,
  type SafeCall,
} from './safeBatch'
import { address, bytes32, whole } from './schemaFaults'
import type { SimulatedChain } from './simulatedChain'
import { FACTORIES } from './system'

const planFileSchema = z.strictObject({
  format: z.literal('open-datanets/safe-deployment', '"open-datanets/safe-deployment"'),
  version: z.literal(2, '2'),
  chainId: whole(1, Number.MAX_SAFE_INTEGER),
  safe: address,
  plannedAt: whole(0, 2 ** 40),
  /** The CREATE2 salt of the contracts. */
  salt: bytes32,
  parameters: deployParametersSchema,
})

type PlanFile = z.output<typeof planFileSchema>

export interface WrittenBatch {
  readonly file: string
  readonly kind: 'contracts' | 'calls'
  readonly calls: number
  readonly gas: bigint
}

export interface WrittenDeployment {
  /** Describes the deployment for `protocol:adopt`. */
  readonly planFile: string
  readonly salt: string
  /** To be executed in this order. */
  readonly batches: readonly WrittenBatch[]
  /** The contracts that lie where they belong already: no batch creates them. */
  readonly present: readonly ContractName[]
  readonly addresses: Readonly<Record<ContractName, string>>
}

export interface SafeDeploymentOptions {
  /** The real chain: only read. */
  readonly provider: Provider
  readonly timestamp: number
  readonly folder: string
  /** Of one batch. */
  readonly gasLimit: bigint
  /** Chooses the addresses; by default at random when a plan is made first. */
  readonly word?: string
  /** Forget the plan that lies in the folder. */
  readonly replace?: boolean
}

/**
 * Writes a deployment as batches of a Safe, each within the gas of one transaction. Every call is tried in order on a
 * chain in this process first. A plan in the folder is gone on with: contracts that are on chain are left out, whoever
 * put them there, because an address holds exactly the code and the arguments that it was computed from.
 * @param simulate gives an empty chain whose sender is the Safe, at the time of the plan.
 * @throws ProtocolError PARAMETERS_INVALID; DEPLOYMENT_DIFFERS when the plan in the folder means something else;
 *   CODE_MISMATCH; TRANSACTION_REVERTED naming the step that the real chain would refuse too.
 */
export async function writeSafeDeployment(
  simulate: (timestamp: number) => Promise<SimulatedChain>,
  safe: string,
  parameters: DeployParameters,
  options: SafeDeploymentOptions,
): Promise<WrittenDeployment> {
  const { provider, folder, gasLimit } = options
  await refuseUnsafeOn(provider, parameters, safe)
  const planned = await plannedDeployment(safe, parameters, options)
  const { plannedAt, salt, chainId } = planned
  const plan = deploymentPlan(parameters, { deployer: safe, timestamp: plannedAt })
  const { calls, addresses } = safeCallsOf(plan, salt)
  const present = await presentAt(provider, addresses)
  const chain = await simulate(plannedAt)
  const gas = await gasOf(chain, calls)
  const left = calls
    .map((call, i) => ({ ...call, gas: gas[i] ?? 0n }))
    .filter(({ creates }) => creates === undefined || !present.includes(creates))
  await removeBatches(folder)
  // Apart, so that the batches of calls stay the same whichever contracts are there.
  const batches = [
    ...(await writeBatches('contracts', left.filter(isCreation), { safe, chainId, folder, gasLimit })),
    ...(await writeBatches(
      'calls',
      left.filter(call => !isCreation(call)),
      { safe, chainId, folder, gasLimit },
    )),
  ]
  const planFile = planPath(folder)
  await writeJsonDocument(planFile, planned)
  return { planFile, salt, batches, present, addresses }
}

type GasCall = SafeCall & { readonly gas: bigint }

function isCreation({ creates }: SafeCall): boolean {
  return creates !== undefined
}

async function writeBatches(
  kind: WrittenBatch['kind'],
  calls: readonly GasCall[],
  { safe, chainId, folder, gasLimit }: { safe: string; chainId: number; folder: string; gasLimit: bigint },
): Promise<WrittenBatch[]> {
  const cut = batchesWithin(calls, gasLimit)
  return Promise.all(
    cut.map(async (part, i) => {
      const file = join(folder, `${kind}-${i + 1}-of-${cut.length}.json`)
      const name = `Open Datanets deployment: ${kind}, ${i + 1} of ${cut.length}`
      await writeSafeBatch(file, safeBatch({ safe, chainId: BigInt(chainId), name }, part))
      return { file, kind, calls: part.length, gas: part.reduce((sum, { gas }) => sum + gas, 0n) }
    }),
  )
}

// Those of an earlier plan would be taken for this one's.
async function removeBatches(folder: string): Promise<void> {
  const files = await readdir(folder).catch(() => [])
  const batches = files.filter(file => /^(contracts|calls)-\d+-of-\d+\.json$/.test(file))
  await Promise.all(batches.map(file => rm(join(folder, file))))
}

function planPath(folder: string): string {
  return join(folder, 'plan.json')
}

// Times and the salt decide about addresses: whoever plans again has to get the same.
async function plannedDeployment(
  safe: string,
  parameters: DeployParameters,
  { provider, timestamp, folder, word, replace }: SafeDeploymentOptions,
): Promise<PlanFile> {
  const chainId = Number((await provider.getNetwork()).chainId)
  const salt = word === undefined ? undefined : saltOf(safe, word)
  const known = replace === true ? undefined : await knownPlan(planPath(folder))
  if (known === undefined) {
    return {
      format: 'open-datanets/safe-deployment',
      version: 2,
      chainId,
      safe,
      plannedAt: timestamp,
      salt: salt ?? saltOf(safe, hexlify(randomBytes(32))),
      parameters,
    }
  }
  const meant = { ...known, chainId, safe, salt: salt ?? known.salt, parameters }
  const same = (plan: PlanFile) => jsonText({ ...plan })
  if (same(meant) === same(known)) return known
  const got = `the Safe ${safe} on chain ${chainId} with these parameters${salt === undefined ? '' : ` and the salt ${salt}`}`
  const expected = `the Safe ${known.safe} on chain ${known.chainId} with the parameters and the salt of plan.json`
  throw new ProtocolError('DEPLOYMENT_DIFFERS', { path: folder, got, expected })
}

async function knownPlan(path: string): Promise<PlanFile | undefined> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  )
  return isThere ? readJsonFile(path, planFileSchema, 'DOCUMENT_INVALID') : undefined
}

function jsonText(value: object): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))
}

async function presentAt(
  provider: Provider,
  addresses: Readonly<Record<ContractName, string>>,
): Promise<ContractName[]> {
  const present: ContractName[] = []
  for (const contract of CONTRACT_NAMES) {
    const address = addresses[contract]
    const code = await provider.getCode(address)
    if (code === '0x') continue
    if (!isBuildOf(code, FACTORIES[contract].bytecode)) {
      const [got, expected] = [`${(code.length - 2) / 2} bytes of other code`, 'the code of this build']
      throw new ProtocolError('CODE_MISMATCH', { contract, address, got, expected })
    }
    present.push(contract)
  }
  return present
}

async function gasOf(chain: SimulatedChain, calls: readonly SafeCall[]): Promise<bigint[]> {
  await chain.setCode(DEPLOYMENT_PROXY, DEPLOYMENT_PROXY_CODE)
  const gas: bigint[] = []
  for (const { title, to, data } of calls) {
    const receipt = await chain.signer
      .sendTransaction({ to, data })
      .then(sent => sent.wait())
      .catch(cause => {
        throw new ProtocolError('TRANSACTION_REVERTED', { call: title, got: String(cause) }, { cause })
      })
    gas.push(receipt?.gasUsed ?? 0n)
  }
  return gas
}

/**
 * The facts of a deployment that a Safe executed, for its record.
 * @throws ProtocolError FILE_UNREADABLE, DOCUMENT_INVALID, RECORD_OF_OTHER_CHAIN; CODE_MISMATCH for a contract that is
 *   not there yet.
 */
export async function executedSafeDeployment(
  provider: Provider,
  path: string,
  network: string,
): Promise<DeploymentFacts> {
  const { chainId, safe, plannedAt, salt, parameters } = await readJsonFile(
    path,
    planFileSchema,
    'DOCUMENT_INVALID',
  )
  const here = (await provider.getNetwork()).chainId
  if (here !== BigInt(chainId)) {
    throw new ProtocolError('RECORD_OF_OTHER_CHAIN', {
      path,
      got: `chain ${here}`,
      expected: `chain ${chainId}`,
    })
  }
  const plan = deploymentPlan(parameters, { deployer: safe, timestamp: plannedAt })
  const { addresses } = safeCallsOf(plan, salt)
  const placed: Partial<Record<ContractName, Placed>> = {}
  for (const name of CONTRACT_NAMES) {
    const address = addresses[name]
    if ((await provider.getCode(address)) === '0x') {
      const expected = 'the contract: execute every batch first'
      throw new ProtocolError('CODE_MISMATCH', { contract: name, address, got: 'no code', expected })
    }
    placed[name] = { address, blockNumber: await firstBlockOf(provider, address) }
  }
  return { network, deployer: safe, plannedAt, parameters, plan, salt, placed }
}

// The first block in which there is code, by halving: the proxy leaves no log.
async function firstBlockOf(provider: Provider, address: string): Promise<number> {
  let [without, having] = [-1, await provider.getBlockNumber()]
  while (having - without > 1) {
    const middle = Math.floor((without + having) / 2)
    if ((await provider.getCode(address, middle)) === '0x') without = middle
    else having = middle
  }
  return having
}
