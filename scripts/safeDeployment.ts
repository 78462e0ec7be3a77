import { join } from 'node:path'

import type { Provider } from 'ethers'
import { z } from 'zod'

import { deploymentPlan } from './deploymentPlan'
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
  writeSafeBatch,
} from './safeBatch'
import { address, whole } from './schemaFaults'
import type { SimulatedChain } from './simulatedChain'

const planFileSchema = z.strictObject({
  format: z.literal('open-datanets/safe-deployment', '"open-datanets/safe-deployment"'),
  version: z.literal(1, '1'),
  chainId: whole(1, Number.MAX_SAFE_INTEGER),
  safe: address,
  plannedAt: whole(0, 2 ** 40),
  parameters: deployParametersSchema,
})

export interface WrittenDeployment {
  /** Describes the deployment for `protocol:adopt`. */
  readonly planFile: string
  /** To be executed in this order. */
  readonly batches: readonly { readonly file: string; readonly calls: number; readonly gas: bigint }[]
  readonly addresses: Readonly<Record<ContractName, string>>
}

/**
 * Writes a deployment as batches of a Safe, each within the gas of one transaction. Every call is tried in order on a
 * chain in this process first.
 * @param chain its sender is the Safe.
 * @param gasLimit of one batch.
 * @throws ProtocolError TRANSACTION_REVERTED naming the step that the real chain would refuse too.
 */
export async function writeSafeDeployment(
  chain: SimulatedChain,
  parameters: DeployParameters,
  {
    chainId,
    timestamp,
    folder,
    gasLimit,
  }: { chainId: bigint; timestamp: number; folder: string; gasLimit: bigint },
): Promise<WrittenDeployment> {
  const safe = await chain.signer.getAddress()
  const { calls, addresses } = safeCallsOf(deploymentPlan(parameters, { deployer: safe, timestamp }))
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
  const cut = batchesWithin(calls, gas, gasLimit)
  let next = 0
  const batches = []
  for (const [i, part] of cut.entries()) {
    const file = join(folder, `batch-${i + 1}-of-${cut.length}.json`)
    const name = `Open Datanets deployment, ${i + 1} of ${cut.length}`
    await writeSafeBatch(file, safeBatch({ safe, chainId, name }, part))
    const used = gas.slice(next, (next += part.length)).reduce((sum, one) => sum + one, 0n)
    batches.push({ file, calls: part.length, gas: used })
  }
  const planFile = join(folder, 'plan.json')
  const format = 'open-datanets/safe-deployment'
  await writeJsonDocument(planFile, {
    format,
    version: 1,
    chainId: Number(chainId),
    safe,
    plannedAt: timestamp,
    parameters,
  })
  return { planFile, batches, addresses }
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
  const { chainId, safe, plannedAt, parameters } = await readJsonFile(
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
  const { addresses } = safeCallsOf(plan)
  const placed: Partial<Record<ContractName, Placed>> = {}
  for (const name of CONTRACT_NAMES) {
    const address = addresses[name]
    if ((await provider.getCode(address)) === '0x') {
      const expected = 'the contract: execute every batch first'
      throw new ProtocolError('CODE_MISMATCH', { contract: name, address, got: 'no code', expected })
    }
    placed[name] = { address, blockNumber: await firstBlockOf(provider, address) }
  }
  return { network, deployer: safe, plannedAt, parameters, plan, placed }
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
