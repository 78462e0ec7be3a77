import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  trackTransaction,
  wipe,
  type ArtifactResolver,
  type EIP1193Provider,
} from '@nomicfoundation/ignition-core'
import type { Provider } from 'ethers'

/** A transaction that a journal says was about to be sent, and not that it was. */
interface Prepared {
  readonly future: string
  readonly nonce: number
}

/**
 * Settles what a run that was cut off leaves open: whether its last transaction went out. The nonce tells. A used one
 * is looked up on chain and entered in the journal; an unused one never got there, and its step is begun anew.
 */
export async function settleLostTransactions(
  folder: string,
  resolver: ArtifactResolver,
  eip1193: EIP1193Provider,
  provider: Provider,
  account: string,
): Promise<void> {
  for (const { future, nonce } of await preparedIn(folder)) {
    const used = await provider.getTransactionCount(account)
    if (nonce >= used) await wipe(folder, resolver, future)
    else await trackTransaction(folder, await transactionAt(provider, account, nonce), eip1193)
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
