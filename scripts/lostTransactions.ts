import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'

import {
  trackTransaction,
  wipe,
  type ArtifactResolver,
  type EIP1193Provider,
} from '@nomicfoundation/ignition-core'
import type { Provider } from 'ethers'

import { ProtocolError } from './errors'

/** A transaction that a journal says was about to be sent, and not that it was. */
interface Prepared {
  readonly future: string
  readonly nonce: number
}

/** How long a transaction that waits to be mined is waited for, in milliseconds. */
export interface Waiting {
  readonly timeout: number
  readonly interval: number
}

/** Some blocks of a slow chain. */
const WAITING: Waiting = { timeout: 120_000, interval: 3_000 }

/**
 * Settles what a run that was cut off leaves open: whether its last transaction went out. The nonce tells. A used one
 * is looked up on chain and entered in the journal; one that the node knows of no transaction for never got there, and
 * its step is begun anew. In between, a transaction waits to be mined: it is waited for, because to begin anew would send
 * it twice.
 * @throws ProtocolError DEPLOYMENT_FAILED when it is not mined in time; the journal stays as it is.
 */
export async function settleLostTransactions(
  folder: string,
  resolver: ArtifactResolver,
  eip1193: EIP1193Provider,
  provider: Provider,
  account: string,
  waiting: Waiting = WAITING,
): Promise<void> {
  for (const { future, nonce } of await preparedIn(folder)) {
    if (await isMined({ folder, provider, account, waiting }, { future, nonce })) {
      await trackTransaction(folder, await transactionAt(provider, account, nonce), eip1193)
    } else await wipe(folder, resolver, future)
  }
}

interface Lookup {
  readonly folder: string
  readonly provider: Provider
  readonly account: string
  readonly waiting: Waiting
}

// Whether the transaction with a nonce is mined; false when there is none that could be.
async function isMined(
  { folder, provider, account, waiting }: Lookup,
  { future, nonce }: Prepared,
): Promise<boolean> {
  for (let waited = 0; ; waited += waiting.interval) {
    // What waits first: a transaction that is mined between the two answers is then counted by the second.
    const known = await provider.getTransactionCount(account, 'pending')
    const mined = await provider.getTransactionCount(account, 'latest')
    if (nonce < mined) return true
    if (nonce >= known) return false
    if (waited >= waiting.timeout) {
      const got = `the transaction of ${account} with the nonce ${nonce} (${future}) waits to be mined: run again when it is, or replace it by another one with this nonce`
      throw new ProtocolError('DEPLOYMENT_FAILED', { path: folder, got })
    }
    await setTimeout(waiting.interval)
  }
}

async function preparedIn(folder: string): Promise<Prepared[]> {
  const text = await readFile(join(folder, 'journal.jsonl'), 'utf8').catch(() => '')
  const prepared = new Map<string, Prepared>()
  for (const line of text.split('\n').filter(line => line.trim() !== '')) {
    const message = JSON.parse(line) as { type: string; futureId: string; nonce?: number }
    const { type, futureId: future, nonce } = message
    if (type === 'TRANSACTION_PREPARE_SEND' && nonce !== undefined) prepared.set(future, { future, nonce })
    if (type === 'TRANSACTION_SEND' || type === 'WIPE_APPLY') prepared.delete(future)
  }
  return [...prepared.values()]
}

// The block in which the account's count passed the nonce, by halving; then the transaction in it.
async function transactionAt(provider: Provider, account: string, nonce: number): Promise<string> {
  let [before, after] = [-1, await provider.getBlockNumber()]
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if ((await provider.getTransactionCount(account, middle)) > nonce) after = middle
    else before = middle
  }
  const block = await provider.getBlock(after, true)
  const found = block?.prefetchedTransactions.find(({ from, nonce: at }) => from === account && at === nonce)
  return found?.hash ?? ''
}
