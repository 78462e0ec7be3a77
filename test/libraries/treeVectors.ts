import { dataSlice, getAddress, id } from 'ethers'

import { EMPTY, PositionalTree, hash24 } from './positionalTree'
import {
  type DomainInputs,
  type JournalEntry,
  type LedgerEntry,
  type ManifestEntry,
  type SettlementEntry,
  journalLeaf,
  ledgerLeaf,
  manifestLeaf,
  settlementLeaf,
  treeDomain,
} from './treeLeaves'

const COUNTS = [1, 2, 3, 5, 8]
const POSITIONS = [0, 1, 2, 3, 4, 5, 6, 7]
const DOMAIN_INPUTS: DomainInputs = { chainId: 31337n, vault: account('vault'), specVersion: 1 }

/** One tree of the vectors: its entries and leaves, and the roots and proofs of the trees over the first of them. */
export interface TreeVector<Entry = unknown> {
  domain: string
  entries: Entry[]
  leaves: string[]
  trees: { count: number; root: string; proofs: string[] }[]
}

export interface TreeVectors {
  format: 'open-datanets/trees'
  version: 1
  domainInputs: DomainInputs
  empty: string
  ledger: TreeVector<LedgerEntry>
  journal: TreeVector<JournalEntry>
  manifest: TreeVector<ManifestEntry>
  settlement: TreeVector<SettlementEntry>
}

/** The vectors, made anew from the naive tree and the leaf encodings written with ethers. */
export function treeVectors(): TreeVectors {
  return {
    format: 'open-datanets/trees',
    version: 1,
    domainInputs: DOMAIN_INPUTS,
    empty: EMPTY,
    ledger: vector(treeDomain('Ledger', DOMAIN_INPUTS), ledgerEntries(), ledgerLeaf),
    journal: vector(treeDomain('Journal', DOMAIN_INPUTS), journalEntries(), journalLeaf),
    manifest: vector(treeDomain('Manifest', DOMAIN_INPUTS), manifestEntries(), manifestLeaf),
    settlement: vector(treeDomain('Settlement', DOMAIN_INPUTS), settlementEntries(), settlementLeaf),
  }
}

/** As JSON with decimal strings for whole numbers above 32 bits. */
export function serialize(vectors: TreeVectors): string {
  return `${JSON.stringify(vectors, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value), 2)}\n`
}

function vector<Entry>(
  domain: string,
  entries: Entry[],
  hash: (domain: string, entry: Entry) => string,
): TreeVector<Entry> {
  const leaves = entries.map(entry => hash(domain, entry))
  const trees = COUNTS.map(count => {
    const tree = new PositionalTree(leaves.slice(0, count))
    return { count, root: tree.root, proofs: tree.leaves.map((_, position) => tree.proof(position)) }
  })
  return { domain, entries, leaves, trees }
}

// Amounts reach from zero to beyond 64 bits; the last prefix is near the limit of its field.
function amounts(): { amount: bigint; prefix: bigint }[] {
  const values = [0n, 1n, 10n ** 9n, 2n ** 53n + 1n, 2n ** 64n, 3n * 10n ** 24n, 2n ** 120n, 2n ** 126n]
  return values.map((amount, i) => ({ amount, prefix: values.slice(0, i).reduce((a, b) => a + b, 0n) }))
}

function ledgerEntries(): LedgerEntry[] {
  return amounts().map(({ amount, prefix }, i) => ({
    account: account(`contributor ${i}`),
    cumulative: amount,
    prefix,
  }))
}

function journalEntries(): JournalEntry[] {
  return amounts().map(({ amount, prefix }, i) => ({
    contributorIndex: i >> 1,
    poolPosition: i & 1,
    amount,
    prefix,
  }))
}

function manifestEntries(): ManifestEntry[] {
  return amounts().map(({ amount, prefix }, i) => ({
    poolId: (BigInt(1 + (i >> 2)) << 32n) | BigInt(i),
    settlementRoot: hash24(id(`settlement ${i}`)),
    leafCount: 2n ** BigInt(5 * i),
    totalWeight: 10n ** 9n,
    amount,
    cumulative: 3n * amount + 7n,
    prefix,
  }))
}

function settlementEntries(): SettlementEntry[] {
  return POSITIONS.map(i => ({
    poolId: (2n << 32n) | 9n,
    contributorIndex: 2 ** 31 + i,
    contributionId: 2n ** 40n + BigInt(i),
    weight: BigInt(i + 1) ** 12n,
    prefix: POSITIONS.slice(0, i).reduce((sum, j) => sum + BigInt(j + 1) ** 12n, 0n),
  }))
}

function account(name: string): string {
  return getAddress(dataSlice(id(name), 12))
}
