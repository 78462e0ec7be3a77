import type { HardhatRuntimeEnvironment } from 'hardhat/types'

import { ProtocolError } from '../scripts/errors'
import type { ProtocolCall, SentCall } from '../scripts/protocolCall'
import type { System } from '../scripts/system'
import type { TaskResult } from './action'
import { builds } from './builds'
import { addressArgument, readableSystem, signerOfTask, type ConnectionArguments } from './connection'

/** What every task that sends takes. */
export interface SendingArguments extends ConnectionArguments {
  readonly json: boolean
  readonly safe?: string
  readonly out?: string
  readonly propose?: string
}

/** Who a call comes from: the signer, a Safe, or governance's timelock. */
export interface Sender {
  readonly system: System
  readonly sender: string
}

/** Whether a task is to send by itself: no Safe is to, and governance need not be asked. */
export function isDirect({ safe, propose }: SendingArguments): boolean {
  return safe === undefined && propose === undefined
}

/**
 * Sends what a task builds, or writes it as a Safe batch, or proposes it: the one way in which tasks send.
 * @param build the calls, in order.
 * @throws ProtocolError TRANSACTION_REVERTED and whatever `build` refuses.
 */
export async function perform(
  hre: HardhatRuntimeEnvironment,
  task: string,
  args: SendingArguments,
  build: (sender: Sender) => Promise<readonly ProtocolCall[]>,
): Promise<TaskResult> {
  const { safe, propose } = args
  const system = await readableSystem(hre, args.records)
  const acting =
    safe === undefined
      ? await (await signerOfTask(hre, args.from)).getAddress()
      : addressArgument('safe', safe)
  const sender = propose === undefined ? acting : system.record.contracts.timelock.address
  const built = await build({ system, sender })
  const calls =
    propose === undefined ? built : [builds().proposals.proposeCall(system, built, checkedText(propose))]
  return safe === undefined ? sent(hre, task, args, system, calls) : written(hre, task, args, acting, calls)
}

async function sent(
  hre: HardhatRuntimeEnvironment,
  task: string,
  args: SendingArguments,
  system: System,
  calls: readonly ProtocolCall[],
): Promise<TaskResult> {
  const signer = await signerOfTask(hre, args.from)
  const done: SentCall[] = []
  for (const call of calls) done.push(await builds().calls.sendProtocolCall(signer, system, call))
  return { text: `${task}\n${done.map(textOf).join('\n')}`, json: { task, transactions: done } }
}

async function written(
  { ethers }: HardhatRuntimeEnvironment,
  task: string,
  args: SendingArguments,
  safe: string,
  calls: readonly ProtocolCall[],
): Promise<TaskResult> {
  const { asSafeCall, tryCall } = builds().calls
  const [only, ...others] = calls
  // A call that needs another one first cannot be tried alone.
  if (only !== undefined && others.length === 0) await tryCall(ethers.provider, safe, only)
  const { chainId } = await ethers.provider.getNetwork()
  const file = args.out ?? `safe-${task.replace(':', '-')}.json`
  const batch = builds().safe.safeBatch({ safe, chainId, name: task }, calls.map(asSafeCall))
  await builds().safe.writeSafeBatch(file, batch)
  const lines = calls.map(({ title, to }) => `  ${title} (${to})`)
  const text = `${task}: nothing was sent; ${calls.length} calls for the Safe ${safe} are in ${file}\n${lines.join('\n')}`
  return { text, json: { task, safe, file, batch } }
}

function textOf(done: SentCall): string {
  const { readable, eventLine } = builds().calls
  const { call, transactionHash, blockNumber, gasUsed, returned, events } = done
  const result = returned.length === 0 ? [] : [`    returned ${returned.map(readable).join(', ')}`]
  return [
    `  ${call}: done in block ${blockNumber}, ${gasUsed} gas`,
    `    transaction ${transactionHash}`,
    ...result,
    ...events.map(event => `    ${eventLine(event)}`),
  ].join('\n')
}

function checkedText(description: string): string {
  if (description.trim() !== '') return description
  throw new ProtocolError('ARGUMENT_INVALID', {
    name: 'propose',
    got: 'an empty text',
    expected: 'a description',
  })
}
