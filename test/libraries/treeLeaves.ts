import { AbiCoder, id, keccak256, solidityPacked } from 'ethers'

import { hash24 } from './positionalTree'

export const TREES = ['Settlement', 'Manifest', 'Journal', 'Ledger'] as const
export type TreeName = (typeof TREES)[number]

export interface DomainInputs {
  chainId: bigint
  vault: string
  specVersion: number
}

export interface LedgerEntry {
  account: string
  cumulative: bigint
  prefix: bigint
}

export interface JournalEntry {
  contributorIndex: number
  poolPosition: number
  amount: bigint
  prefix: bigint
}

export interface ManifestEntry {
  poolId: bigint
  settlementRoot: string
  leafCount: bigint
  totalWeight: bigint
  amount: bigint
  cumulative: bigint
  prefix: bigint
}

export interface SettlementEntry {
  poolId: bigint
  contributorIndex: number
  contributionId: bigint
  weight: bigint
  prefix: bigint
}

/** keccak256 of a tree's tag, as the library holds it. */
export function treeTag(tree: TreeName): string {
  return id(`OpenDatanets.${tree}.v1`)
}

/** What every leaf of a tree starts with. */
export function treeDomain(tree: TreeName, { chainId, vault, specVersion }: DomainInputs): string {
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(
      ['bytes32', 'uint256', 'address', 'uint32'],
      [treeTag(tree), chainId, vault, specVersion],
    ),
  )
}

export function ledgerLeaf(domain: string, { account, cumulative, prefix }: LedgerEntry): string {
  return leaf(domain, ['address', 'uint128', 'uint128'], [account, cumulative, prefix])
}

export function journalLeaf(domain: string, entry: JournalEntry): string {
  const { contributorIndex, poolPosition, amount, prefix } = entry
  return leaf(
    domain,
    ['uint32', 'uint32', 'uint128', 'uint128'],
    [contributorIndex, poolPosition, amount, prefix],
  )
}

export function manifestLeaf(domain: string, entry: ManifestEntry): string {
  const { poolId, settlementRoot, leafCount, totalWeight, amount, cumulative, prefix } = entry
  return leaf(
    domain,
    ['uint64', 'bytes24', 'uint64', 'uint128', 'uint128', 'uint128', 'uint128'],
    [poolId, settlementRoot, leafCount, totalWeight, amount, cumulative, prefix],
  )
}

export function settlementLeaf(domain: string, entry: SettlementEntry): string {
  const { poolId, contributorIndex, contributionId, weight, prefix } = entry
  return leaf(
    domain,
    ['uint64', 'uint32', 'uint64', 'uint64', 'uint128'],
    [poolId, contributorIndex, contributionId, weight, prefix],
  )
}

function leaf(domain: string, types: string[], values: unknown[]): string {
  return hash24(solidityPacked(['bytes32', ...types], [domain, ...values]))
}
