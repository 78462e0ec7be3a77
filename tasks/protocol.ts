import { dirname, join } from 'node:path'

import { parseUnits, type Signer } from 'ethers'
import { task, types } from 'hardhat/config'
import type { HardhatRuntimeEnvironment } from 'hardhat/types'

import { readDeployParameters, type DeployParameters } from '../scripts/deployParameters'
import { recordPath, refuseSecondDeployment, writeDeployment } from '../scripts/deploymentRecord'
import { isDevelopmentChain } from '../scripts/developmentChains'
import { ProtocolError } from '../scripts/errors'
import type { Check } from '../scripts/systemChecks'
import { simulatedChain } from '../scripts/simulatedChain'
import { action, type TaskResult } from './action'
import { builds, compiled } from './builds'
import {
  addressArgument,
  chainIdOf,
  readableSystem,
  signerOfTask,
  type ConnectionArguments,
} from './connection'
import { connected } from './options'

interface DeployArguments extends ConnectionArguments {
  readonly parameters: string
  readonly plan: boolean
  readonly gasPrice?: string
  readonly safe?: string
  readonly out?: string
  readonly salt?: string
  readonly batchGas: string
  readonly confirmations?: number
  readonly replace: boolean
  readonly json: boolean
}

connected(
  task('protocol:deploy', 'Deploys the whole system and records it in deployments/<network>/system.json'),
)
  .addParam('parameters', 'JSON file like deployments/parameters.example.json', undefined, types.string)
  .addFlag('plan', 'Send nothing: show every transaction, its gas and cost, and who will hold what')
  .addOptionalParam(
    'gasPrice',
    'Gwei that --plan reckons with (default: the price now)',
    undefined,
    types.string,
  )
  .addOptionalParam(
    'safe',
    'Send nothing: write batches for the Safe with this address',
    undefined,
    types.string,
  )
  .addOptionalParam('out', 'Folder of those batches (default: beside the record)', undefined, types.string)
  .addOptionalParam(
    'salt',
    'With --safe: any word; it and the Safe choose the addresses (default: random)',
    undefined,
    types.string,
  )
  .addOptionalParam('batchGas', 'The most gas of one batch', '14000000', types.string)
  .addOptionalParam('confirmations', 'Blocks to wait for after each transaction', undefined, types.int)
  .addFlag('replace', 'Deploy anew although a system, or an unfinished deployment, is recorded')
  .setAction(
    action<DeployArguments>(async (args, hre) => {
      const parameters = await readDeployParameters(args.parameters)
      await chainIdOf(hre)
      await compiled(hre)
      if (args.plan) return planned(hre, args, parameters)
      if (args.safe !== undefined) return written(hre, args, parameters, addressArgument('safe', args.safe))
      return deployed(hre, args, parameters, await signerOfTask(hre, args.from))
    }),
  )

async function deployed(
  hre: HardhatRuntimeEnvironment,
  { replace, records, confirmations }: DeployArguments,
  parameters: DeployParameters,
  signer: Signer,
): Promise<TaskResult> {
  const { provider } = hre.ethers
  const network = hre.network.name
  const options = records === undefined ? {} : { folder: records }
  if (!replace) await refuseSecondDeployment(network, provider, options)
  const { deployWithIgnition, isJournalStale, setJournalAside } = builds().ignition
  if (replace || (await isJournalStale(provider, network, records))) {
    const aside = await setJournalAside(network, records)
    if (aside !== undefined) process.stderr.write(`the journal of an earlier deployment is now ${aside}\n`)
  }
  const isDevelopment = isDevelopmentChain(await chainIdOf(hre))
  const facts = await deployWithIgnition({
    network,
    ...(records === undefined ? {} : { records }),
    eip1193: hre.network.provider,
    provider,
    accounts: (await hre.ethers.getSigners()).map(({ address }) => address),
    deployer: await signer.getAddress(),
    parameters,
    artifacts: hre.artifacts,
    config: {
      ...(isDevelopment ? { blockPollingInterval: 20 } : {}),
      ...(confirmations === undefined ? {} : { requiredConfirmations: confirmations }),
    },
    onProgress: ({ phase, step, done, total }) =>
      process.stderr.write(`${phase} ${done}/${total}: ${step}\n`),
  })
  return recorded(hre, records, facts)
}

async function recorded(
  hre: HardhatRuntimeEnvironment,
  folder: string | undefined,
  facts: Parameters<ReturnType<typeof builds>['newRecord']['newRecord']>[1],
): Promise<TaskResult> {
  const { provider } = hre.ethers
  const record = await builds().newRecord.newRecord(provider, facts)
  await builds().checking.checkSystem(builds().system.connectSystem(record, provider))
  process.stderr.write('checks 1/1: code, roles and pointers as meant\n')
  const file = await writeDeployment(hre.network.name, record, folder === undefined ? {} : { folder })
  const contracts = Object.entries(record.contracts).map(([name, { address }]) => `  ${name} ${address}`)
  return {
    text: `Deployed on chain ${record.chainId}, recorded in ${file}:\n${contracts.join('\n')}`,
    json: { file, record },
  }
}

async function planned(
  hre: HardhatRuntimeEnvironment,
  { from, gasPrice }: DeployArguments,
  parameters: DeployParameters,
): Promise<TaskResult> {
  const signer = await signerOfTask(hre, from)
  const { chainId, timestamp } = await builds().deployment.chainOf(signer)
  const price = gasPrice === undefined ? (await hre.ethers.provider.getFeeData()).gasPrice : gweiOf(gasPrice)
  const [sender, nonce] = [await signer.getAddress(), await signer.getNonce()]
  const chain = await simulatedChain(hre.config, { chainId, timestamp, sender, nonce })
  const report = await builds().planReport.planReport(chain, parameters, timestamp, price ?? 0n)
  return { text: builds().planReport.planText(report), json: report }
}

async function written(
  hre: HardhatRuntimeEnvironment,
  { out, batchGas, records, salt, replace }: DeployArguments,
  parameters: DeployParameters,
  safe: string,
): Promise<TaskResult> {
  const { provider } = hre.ethers
  const [chainId, block] = [await chainIdOf(hre), await provider.getBlock('latest')]
  const simulate = (timestamp: number) =>
    simulatedChain(hre.config, { chainId, timestamp, sender: safe, nonce: 1 })
  const done = await builds().safeDeployment.writeSafeDeployment(simulate, safe, parameters, {
    provider,
    timestamp: block?.timestamp ?? 0,
    folder: out ?? join(dirname(recordPath(hre.network.name, records)), 'safe'),
    gasLimit: BigInt(batchGas),
    replace,
    ...(salt === undefined ? {} : { word: salt }),
  })
  const { DEPLOYMENT_PROXY } = builds().safe
  const hasProxy = (await provider.getCode(DEPLOYMENT_PROXY)) !== '0x'
  const lines = [
    `Nothing was sent. The Safe ${safe} deploys with these batches, in this order:`,
    ...done.batches.map(({ file, kind, calls, gas }) => `  ${file}: ${calls} ${kind}, ${gas} gas`),
    `Then: hardhat protocol:adopt --plan-file ${done.planFile}`,
    'Should a batch of contracts revert because one of them is there already: run this again, it leaves those out',
    ...(hasProxy ? [] : [`First: there is no deployment proxy at ${DEPLOYMENT_PROXY} on chain ${chainId}`]),
    ...(done.present.length === 0 ? [] : [`On chain already, left out: ${done.present.join(', ')}`]),
    'Contracts:',
    ...Object.entries(done.addresses).map(([name, address]) => `  ${name} ${address}`),
  ]
  return { text: lines.join('\n'), json: { ...done, safe, hasProxy } }
}

function gweiOf(text: string): bigint {
  if (/^\d+(\.\d{1,9})?$/.test(text)) return parseUnits(text, 'gwei')
  throw new ProtocolError('ARGUMENT_INVALID', {
    name: 'gasPrice',
    got: `"${text}"`,
    expected: 'gwei, like 12.5',
  })
}

interface AdoptArguments extends ConnectionArguments {
  readonly planFile: string
  readonly json: boolean
}

connected(task('protocol:adopt', 'Records a system that a Safe deployed, once every batch is executed'))
  .addParam('planFile', 'The plan.json that protocol:deploy --safe wrote', undefined, types.string)
  .setAction(
    action<AdoptArguments>(async ({ planFile, records }, hre) => {
      await chainIdOf(hre)
      await compiled(hre)
      const { provider } = hre.ethers
      const options = records === undefined ? {} : { folder: records }
      await refuseSecondDeployment(hre.network.name, provider, options)
      const { executedSafeDeployment } = builds().safeDeployment
      return recorded(hre, records, await executedSafeDeployment(provider, planFile, hre.network.name))
    }),
  )

interface CheckArguments extends ConnectionArguments {
  readonly json: boolean
}

connected(
  task(
    'protocol:doctor',
    'Reads the whole system back: code, pointers, settings, rights, funding; fails on any fault',
  ),
).setAction(
  action<CheckArguments>(async ({ records }, hre) => {
    const system = await readableSystem(hre, records)
    const checks = await builds().checks.systemChecks(system)
    const lines = checks.map(({ kind, passed, name, got, expected }) => {
      if (passed) return `PASS ${name} = ${short(got)}`
      // What governance changed since is no fault of the deployment, and the record does not know of it.
      const hint = kind === 'code' || isSettled(name) ? '' : GOVERNANCE_HINT
      return `FAIL ${name}: got ${got}, expected ${expected}${hint}`
    })
    return verdict(checks, lines, { checks })
  }),
)

connected(
  task(
    'protocol:verify',
    'Deploys this build again in this process and compares the code on chain byte for byte',
  ),
).setAction(
  action<CheckArguments>(async ({ records }, hre) => {
    const system = await readableSystem(hre, records)
    const { deployer, chainId, blockNumber } = system.record
    const first = await hre.ethers.provider.getBlock(blockNumber)
    const image = {
      chainId: BigInt(chainId),
      timestamp: (first?.timestamp ?? 1) - 1,
      sender: deployer,
      nonce: 0,
    }
    const verified = await builds().verification.verifyCode(system, await simulatedChain(hre.config, image))
    const lines = verified.map(({ passed, contract, address, bytes, created, difference }) => {
      const what = `${contract} ${address}: ${bytes} bytes`
      return passed ? `PASS ${what}, created by ${created}` : `FAIL ${what}: ${difference}`
    })
    return verdict(verified, lines, { contracts: verified })
  }),
)

const GOVERNANCE_HINT = ' (or governance has changed it since: compare its proposals)'

// What no proposal can change.
function isSettled(name: string): boolean {
  return name.startsWith('deployment history') || name.startsWith('timelock operations')
}

// Whoever runs a check in a script looks at the exit code; whoever reads it sees every line first.
function verdict(
  checks: readonly Pick<Check, 'passed'>[],
  lines: readonly string[],
  details: object,
): TaskResult {
  const failed = checks.filter(({ passed }) => !passed).length
  const summary = `${checks.length - failed} of ${checks.length} checks pass`
  const result = { text: [...lines, summary].join('\n'), json: { passed: failed === 0, ...details } }
  if (failed === 0) return result
  const error = new ProtocolError('SYSTEM_UNSOUND', { got: `${failed} that fail`, checks: checks.length })
  return { ...result, failure: error }
}

function short(text: string): string {
  if (text === '') return 'nothing'
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}
