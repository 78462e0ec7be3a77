import { poolParts, type AccountRewards, type RewardPart, type ServedProof } from '../../domain'
import {
  checksumAddress,
  toHex,
  type Keccak,
  type LedgerFile,
  type ManifestLeaf,
  type ProvenAccount,
} from '../../settlement'
import { AttributionOracleError } from '../../errors'

/** An epoch's file with what is asked of it again and again. */
export interface EpochLedger {
  file: LedgerFile
  pools: readonly ManifestLeaf[]
  /** finalized blocks say that it is final */
  final: boolean
}

export interface RewardSources {
  keccak: Keccak
  /** the ledger that the vault pays by; undefined before the first */
  current: EpochLedger | undefined
  /** the ledger of the epoch behind it, when that waits to become final */
  pending: EpochLedger | undefined
  /** all ledgers up to the current one, ascending; undefined where the content could not be had */
  paid: readonly { epoch: number; ledger: EpochLedger | undefined }[]
  block: number
  paused: boolean
  claimed: bigint
}

/** What an account earned, has and waits for: all from ledgers, but for what it was paid. */
export function accountRewards(address: Uint8Array, sources: RewardSources): AccountRewards {
  const { keccak, current, pending, block, paused, claimed } = sources
  const found = current?.file.find(address)
  const next = pending && leafOf(pending.file, address, found)
  const index = found?.index ?? next?.index
  const amount = found?.cumulative ?? 0n
  const parts: RewardPart[] = []
  const missing: number[] = []
  if (index !== undefined) {
    for (const { epoch, ledger } of sources.paid) {
      if (ledger) addParts(parts, ledger, index, false)
      else missing.push(epoch)
    }
    if (found && missing.length === 0) expectSum(current!.file.name, parts, amount)
    if (next) addParts(parts, pending!, index, true)
  }
  markClaimed(parts, claimed < amount ? claimed : amount)
  const account = found?.account ?? next?.account ?? address
  return {
    account: checksumAddress(keccak, account),
    known: index !== undefined,
    block,
    paused,
    proof: found && servedProof(keccak, current!, found),
    pendingRoot: pending?.file.header.ledgerRoot,
    amount,
    claimed,
    pending: next ? next.cumulative - amount : 0n,
    parts,
    missing,
  }
}

export function servedProof(keccak: Keccak, { file, final }: EpochLedger, leaf: ProvenAccount): ServedProof {
  const { index, account, cumulative, prefix, proof } = leaf
  return {
    epoch: file.header.epoch,
    root: file.header.ledgerRoot,
    final,
    index,
    account: checksumAddress(keccak, account),
    cumulative,
    prefix,
    proof: toHex(proof),
  }
}

/** An account keeps its index for ever, so that the later ledger is looked up by it where it can be. */
function leafOf(
  file: LedgerFile,
  address: Uint8Array,
  known: ProvenAccount | undefined,
): ProvenAccount | undefined {
  const leaf = known && known.index < file.header.ledgerCount ? file.at(known.index) : undefined
  return leaf && Buffer.compare(leaf.account, address) === 0 ? leaf : file.find(address)
}

function addParts(parts: RewardPart[], { file, pools }: EpochLedger, index: number, waiting: boolean): void {
  for (const { poolPosition, amount } of file.journalOf(index)) {
    const { poolId } = pools[poolPosition]!
    const { kind, id } = poolParts(poolId) ?? { kind: undefined, id: Number(poolId & 0xffffffffn) }
    const sums = waiting ? { amount: 0n, pending: amount } : { amount, pending: 0n }
    parts.push({ epoch: file.header.epoch, poolId, kind, id, claimed: 0n, ...sums })
  }
}

function markClaimed(parts: readonly RewardPart[], claimed: bigint): void {
  let left = claimed
  for (const part of parts) {
    part.claimed = left < part.amount ? left : part.amount
    left -= part.claimed
  }
}

/** Journals are not proven leaf by leaf; that they add up to the proven leaf is the check. */
function expectSum(file: string, parts: readonly RewardPart[], cumulative: bigint): void {
  const sum = parts.reduce((total, { amount }) => total + amount, 0n)
  if (sum === cumulative) return
  throw new AttributionOracleError(
    'TREE_CORRUPT',
    {
      what: `The journals of the tree files up to ${file} do not add up`,
      got: String(sum),
      expected: String(cumulative),
      fix: 'Delete the tree files (tree.bin): they are built again from content',
    },
    { file, got: String(sum), expected: String(cumulative) },
  )
}
