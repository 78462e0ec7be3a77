import { CLAIMS_FORMAT, type ClaimsDocument, type Post } from '../domain'
import { toHex, type Settlement } from '../settlement'
import type { System } from './dependencies'

/** The file that a claim page needs and nothing else; every proof was checked against the root on its way here. */
export function claimsOf(system: System, post: Post, { ledger, journal, pools }: Settlement): ClaimsDocument {
  const earned = new Map<number, { poolId: bigint; amount: bigint }[]>()
  for (const { contributorIndex, poolPosition, amount } of journal.leaves) {
    const list = earned.get(contributorIndex) ?? []
    earned.set(contributorIndex, [...list, { poolId: pools[poolPosition]!.poolId, amount }])
  }
  const accounts = ledger.leaves.map(({ account, cumulative, prefix }, index) => {
    const from = earned.get(index) ?? []
    const epochAmount = from.reduce((sum, { amount }) => sum + amount, 0n)
    const proof = toHex(ledger.tree.proof(index))
    return [account, { index, cumulative, prefix, proof, epochAmount, pools: from }] as const
  })
  return {
    format: CLAIMS_FORMAT,
    version: 1,
    chainId: system.chainId,
    vault: system.vault,
    epoch: post.epoch,
    ledgerRoot: post.ledgerRoot,
    total: post.total,
    accounts: Object.fromEntries(accounts),
  }
}
