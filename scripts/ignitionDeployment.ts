import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

import {
  deploy,
  DeploymentResultType,
  listTransactions,
  wipe,
  type ArtifactResolver,
  type DeployConfig,
  type DeploymentResult,
  type EIP1193Provider,
  type ExecutionEventListener,
} from '@nomicfoundation/ignition-core'
import { getAddress, type Provider } from 'ethers'
import { z } from 'zod'

import { deploymentPlan } from './deploymentPlan'
import { refuseUnsafeOn } from './deploymentRules'
import { deployParametersSchema, type DeployParameters } from './deployParameters'
import { CONTRACT_NAMES, recordPath, type ContractName } from './deploymentRecord'
import type { DeployProgress } from './deploySystem'
import { isDevelopmentChain } from './developmentChains'
import { ProtocolError } from './errors'
import { futureId, ignitionModule, MODULE } from './ignitionModule'
import { readJsonFile } from './jsonFile'
import { settleLostTransactions, type Waiting } from './lostTransactions'
import type { DeploymentFacts, Placed } from './newRecord'
import type { Step } from './planTypes'
import { address, whole } from './schemaFaults'

const intentSchema = z.strictObject({
  format: z.literal('open-datanets/deployment-intent', '"open-datanets/deployment-intent"'),
  version: z.literal(1, '1'),
  chainId: whole(1, Number.MAX_SAFE_INTEGER),
  deployer: address,
  plannedAt: whole(0, 2 ** 40),
  parameters: deployParametersSchema,
})

/** What a deployment was begun with: a run that goes on has to mean the same. */
type Intent = z.output<typeof intentSchema>

export interface IgnitionOptions {
  /** The network's name in the record. */
  readonly network: string
  /** Folder of the deployment records. */
  readonly records?: string
  readonly eip1193: EIP1193Provider
  readonly provider: Provider
  readonly accounts: readonly string[]
  readonly deployer: string
  readonly parameters: DeployParameters
  readonly artifacts: { readArtifact: ArtifactResolver['loadArtifact'] }
  readonly config?: Partial<DeployConfig>
  /** For a transaction of an earlier run that is not mined yet. */
  readonly waiting?: Waiting
  readonly onProgress?: (progress: DeployProgress) => void
}

/** The journal of a network's deployment: `ignition` beside its record. */
export function journalPath(network: string, records?: string): string {
  return join(dirname(recordPath(network, records)), 'ignition')
}

/**
 * Deploys a plan with Hardhat Ignition. Every transaction is in a journal before it is sent, so that a run which was
 * cut off goes on where it was; steps that failed are tried again.
 * @throws ProtocolError PARAMETERS_INVALID; DEPLOYMENT_DIFFERS when an unfinished deployment meant something else; DEPLOYMENT_FAILED with
 *   every step that failed.
 */
export async function deployWithIgnition(options: IgnitionOptions): Promise<DeploymentFacts> {
  const { network, records, provider, deployer, parameters, onProgress } = options
  const folder = journalPath(network, records)
  await refuseUnsafeOn(provider, parameters, getAddress(deployer))
  const intent = await intentOf(folder, provider, deployer, parameters)
  const { plannedAt } = intent
  const plan = deploymentPlan(parameters, { deployer, timestamp: plannedAt })
  const resolver: ArtifactResolver = {
    loadArtifact: name => options.artifacts.readArtifact(name),
    // The journal keeps what it sends; what the compiler was given is in git.
    getBuildInfo: async () => undefined,
  }
  const run = () =>
    deploy({
      artifactResolver: resolver,
      provider: options.eip1193,
      deploymentDir: folder,
      ignitionModule: ignitionModule(plan),
      deploymentParameters: {},
      accounts: [...options.accounts],
      defaultSender: deployer,
      executionEventListener: listener(plan, onProgress),
      ...(options.config === undefined ? {} : { config: options.config }),
    }).catch(cause => {
      throw failed(folder, cause instanceof Error ? cause.message : String(cause), cause)
    })
  await settleLostTransactions(
    folder,
    resolver,
    options.eip1193,
    provider,
    getAddress(deployer),
    options.waiting,
  )
  let result = await run()
  if (result.type === DeploymentResultType.PREVIOUS_RUN_ERROR) {
    for (const future of Object.keys(result.errors)) await wipe(folder, resolver, future)
    result = await run()
  }
  if (result.type !== DeploymentResultType.SUCCESSFUL_DEPLOYMENT) throw failed(folder, reasonOf(result))
  const placed = await placedOf(folder, resolver, provider, result.contracts)
  return { network, deployer, plannedAt, parameters, plan, placed }
}

/**
 * Moves a journal out of the way: that of a chain which was started anew, or one that is to be replaced.
 * @returns where it lies now; undefined when there was none.
 */
export async function setJournalAside(network: string, records?: string): Promise<string | undefined> {
  const folder = journalPath(network, records)
  if (!(await exists(folder))) return undefined
  for (let number = 1; ; number++) {
    const aside = `${folder}.${number}`
    if (await exists(aside)) continue
    await rename(folder, aside)
    return aside
  }
}

/**
 * Whether a journal tells of contracts that are not on this chain: a throw-away chain was started anew.
 * @throws ProtocolError DEPLOYMENT_DIFFERS on any other chain: that a node does not know a contract may be the node's
 *   fault, and to begin anew would deploy the system twice.
 */
export async function isJournalStale(
  provider: Provider,
  network: string,
  records?: string,
): Promise<boolean> {
  const folder = journalPath(network, records)
  const text = await readFile(join(folder, 'deployed_addresses.json'), 'utf8').catch(() => '{}')
  const addresses = Object.values(JSON.parse(text) as Record<string, string>)
  const codes = await Promise.all(addresses.map(address => provider.getCode(address)))
  const [missing] = addresses.filter((_, i) => codes[i] === '0x')
  if (missing === undefined) return false
  const { chainId } = await provider.getNetwork()
  if (isDevelopmentChain(chainId)) return true
  const got = `a node of chain ${chainId} that knows no code at ${missing}`
  throw new ProtocolError('DEPLOYMENT_DIFFERS', {
    path: folder,
    got,
    expected: 'the code of the journal there',
  })
}

async function intentOf(
  folder: string,
  provider: Provider,
  deployer: string,
  parameters: DeployParameters,
): Promise<Intent> {
  const path = join(folder, 'intent.json')
  const chainId = Number((await provider.getNetwork()).chainId)
  if (await exists(path)) {
    const intent = await readJsonFile(path, intentSchema, 'RECORD_INVALID')
    const meant = textOf({
      chainId: intent.chainId,
      deployer: intent.deployer,
      parameters: intent.parameters,
    })
    if (meant === textOf({ chainId, deployer: getAddress(deployer), parameters })) return intent
    const got = `the deployer ${deployer} on chain ${chainId} with these parameters`
    const expected = `the deployer ${intent.deployer} on chain ${intent.chainId} with the parameters in ${path}`
    throw new ProtocolError('DEPLOYMENT_DIFFERS', { path: folder, got, expected })
  }
  const plannedAt = (await provider.getBlock('latest'))?.timestamp ?? 0
  const format = 'open-datanets/deployment-intent' as const
  const intent: Intent = {
    format,
    version: 1,
    chainId,
    deployer: getAddress(deployer),
    plannedAt,
    parameters,
  }
  await mkdir(folder, { recursive: true })
  await writeFile(`${path}.tmp`, `${textOf(intent)}\n`, { flush: true })
  await rename(`${path}.tmp`, path)
  return intent
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? item.toString() : item), 2)
}

async function placedOf(
  folder: string,
  resolver: ArtifactResolver,
  provider: Provider,
  contracts: Readonly<Record<string, { readonly address: string }>>,
): Promise<Partial<Record<ContractName, Placed>>> {
  const transactions = await listTransactions(folder, resolver)
  const placed: Partial<Record<ContractName, Placed>> = {}
  for (const name of CONTRACT_NAMES) {
    const address = contracts[`${MODULE}#deploy_${name}`]?.address
    const created = transactions.find(
      ({ address: at, status }) => at === address && String(status) === 'SUCCESS',
    )
    if (address === undefined || created === undefined) continue
    const receipt = await provider.getTransactionReceipt(created.txHash)
    if (receipt !== null) placed[name] = { address: getAddress(address), blockNumber: receipt.blockNumber }
  }
  return placed
}

function reasonOf(result: DeploymentResult): string {
  switch (result.type) {
    case DeploymentResultType.EXECUTION_ERROR:
      return [
        ...result.failed.map(({ futureId, error }) => `\n  ${futureId}: ${error}`),
        ...result.timedOut.map(({ futureId }) => `\n  ${futureId}: not mined in time`),
        ...result.held.map(({ futureId, reason }) => `\n  ${futureId}: ${reason}`),
      ].join('')
    case DeploymentResultType.SUCCESSFUL_DEPLOYMENT:
      return 'no failure'
    default:
      return Object.entries(result.errors)
        .map(([future, errors]) => `\n  ${future}: ${errors.join('; ')}`)
        .join('')
  }
}

function failed(path: string, got: string, cause?: unknown): ProtocolError<'DEPLOYMENT_FAILED'> {
  return new ProtocolError('DEPLOYMENT_FAILED', { path, got }, { cause })
}

// Ignition tells a lot; a step that is done is all that is passed on.
function listener(
  plan: readonly Step[],
  onProgress?: (progress: DeployProgress) => void,
): ExecutionEventListener {
  const steps = new Map(plan.map(step => [futureId(step), step]))
  const done = { contracts: 0, wiring: 0 }
  const total = { contracts: CONTRACT_NAMES.length, wiring: plan.length - CONTRACT_NAMES.length }
  const completed = ({ futureId, result }: { futureId: string; result: { type: unknown } }) => {
    const step = steps.get(futureId)
    if (step === undefined || result.type !== 'SUCCESS') return
    const phase = step.kind === 'deploy' ? 'contracts' : 'wiring'
    const title = step.kind === 'deploy' ? step.contract : step.title
    onProgress?.({ phase, step: title, done: ++done[phase], total: total[phase] })
  }
  const handlers: Partial<ExecutionEventListener> = {
    deploymentExecutionStateComplete: completed,
    callExecutionStateComplete: completed,
  }
  return new Proxy(handlers, {
    get: (known, name: keyof ExecutionEventListener) => known[name] ?? (() => {}),
  }) as ExecutionEventListener
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
