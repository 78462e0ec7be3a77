import { PositionalTree, hash24 } from '../libraries/positionalTree'
import {
  type DomainInputs,
  type JournalEntry,
  type LedgerEntry,
  type ManifestEntry,
  journalLeaf,
  ledgerLeaf,
  manifestLeaf,
  treeDomain,
} from '../libraries/treeLeaves'

/** What contributor `i` earns from pool `p` is `earned[i][p]`; every contributor has the same number of pools. */
export type Earned = bigint[][]

export interface Planted<Entry> {
  entries: Entry[]
  tree: PositionalTree
}

/** The honest trees of an epoch. */
export function epochTrees(domains: DomainInputs, accounts: string[], earned: Earned, before: bigint[]) {
  const cumulatives = earned.map((pools, i) => (before[i] ?? 0n) + sum(pools))
  const ledger = withPrefix(cumulatives).map(({ amount, prefix }, i) => ({
    account: accounts[i]!,
    cumulative: amount,
    prefix,
  }))
  const paid = earned.flatMap((pools, contributorIndex) =>
    pools.map((amount, poolPosition) => ({ contributorIndex, poolPosition, amount })),
  )
  const entries = paid.filter(({ amount }) => amount > 0n)
  const prefixes = withPrefix(entries.map(({ amount }) => amount))
  const journal = entries.map((entry, i) => ({ ...entry, prefix: prefixes[i]!.prefix }))
  const pools = Array.from({ length: earned[0]?.length ?? 0 }, (_, p) => sum(earned.map(row => row[p]!)))
  const manifest = withPrefix(pools).map(({ amount, prefix }, p) => ({
    poolId: (1n << 32n) | BigInt(p + 1),
    settlementRoot: hash24('0x'),
    leafCount: BigInt(earned.length),
    totalWeight: 10n ** 9n,
    amount,
    cumulative: amount,
    prefix,
  }))
  return {
    ledger: plantLedger(domains, ledger),
    journal: plantJournal(domains, journal),
    manifest: plantManifest(domains, manifest),
    total: sum(cumulatives),
  }
}

export function plantLedger(domains: DomainInputs, entries: LedgerEntry[]): Planted<LedgerEntry> {
  const domain = treeDomain('Ledger', domains)
  return { entries, tree: new PositionalTree(entries.map(entry => ledgerLeaf(domain, entry))) }
}

export function plantJournal(domains: DomainInputs, entries: JournalEntry[]): Planted<JournalEntry> {
  const domain = treeDomain('Journal', domains)
  return { entries, tree: new PositionalTree(entries.map(entry => journalLeaf(domain, entry))) }
}

export function plantManifest(domains: DomainInputs, entries: ManifestEntry[]): Planted<ManifestEntry> {
  const domain = treeDomain('Manifest', domains)
  return { entries, tree: new PositionalTree(entries.map(entry => manifestLeaf(domain, entry))) }
}

/** A ledger leaf as the challenges take it. */
export function ledgerProof({ entries, tree }: Planted<LedgerEntry>, index: number) {
  return { index, ...entries[index]!, proof: tree.proof(index) }
}

/** A journal leaf as the challenges take it. */
export function journalProof({ entries, tree }: Planted<JournalEntry>, position: number) {
  return { position, ...entries[position]!, proof: tree.proof(position) }
}

/** A manifest leaf as the challenges take it. */
export function manifestProof({ entries, tree }: Planted<ManifestEntry>, position: number) {
  return { position, ...entries[position]!, proof: tree.proof(position) }
}

function withPrefix(amounts: bigint[]): { amount: bigint; prefix: bigint }[] {
  return amounts.map((amount, i) => ({ amount, prefix: sum(amounts.slice(0, i)) }))
}

function sum(amounts: bigint[]): bigint {
  return amounts.reduce((a, b) => a + b, 0n)
}
