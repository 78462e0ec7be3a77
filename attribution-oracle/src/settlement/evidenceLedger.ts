import type { Challenge } from '../domain'
import type { Posted } from './evidencePosted'
import { placeLie, provenLedger } from './evidenceLeaves'
import type { LeafTree, LedgerLeaf } from './trees'

type Ledger = LeafTree<LedgerLeaf>

/** A lie within the ledger, against the registered accounts and the last ledger. */
export function ledgerLie(posted: Posted, ledger: Ledger): Challenge | undefined {
  const { post } = posted
  const place = placeLie(ledger.tree, post.ledgerCount)
  if (place && 'outside' in place) return { kind: 'account', leaf: provenLedger(ledger, place.outside) }
  if (place) return { kind: 'missing', tree: 'ledger', position: place.missing, proof: place.proof }
  let sum = 0n
  for (const [index, leaf] of ledger.leaves.entries()) {
    const lie = leafLie(posted, ledger, index, sum)
    if (lie) return lie
    sum += leaf.cumulative
  }
  if (sum !== post.total && ledger.leaves.length > 0)
    return { kind: 'total', last: provenLedger(ledger, ledger.leaves.length - 1) }
  return undefined
}

function leafLie(
  { last, accounts }: Posted,
  ledger: Ledger,
  index: number,
  sum: bigint,
): Challenge | undefined {
  const { account, cumulative, prefix } = ledger.leaves[index]!
  const leaf = (): ReturnType<typeof provenLedger> => provenLedger(ledger, index)
  if (account.toLowerCase() !== accounts[index]?.toLowerCase()) return { kind: 'account', leaf: leaf() }
  if (prefix !== sum) {
    return index === 0
      ? { kind: 'firstPrefix', first: leaf() }
      : { kind: 'prefix', left: provenLedger(ledger, index - 1), right: leaf() }
  }
  if (last && cumulative < (last.ledger.leaves[index]?.cumulative ?? 0n)) {
    return { kind: 'fallen', last: last.post, was: provenLedger(last.ledger, index), now: leaf() }
  }
  return undefined
}
