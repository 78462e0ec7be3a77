import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import {
  loadKeccak,
  poolId,
  publishedFiles,
  treeBuilder,
  treeFileOf,
  type Post,
} from '@open-datanets/attribution-oracle'
import { addressAt, LEAF_BYTES, packedAccounts, uint128At } from '../ledgerTree/accounts'

const DIGEST = `0x${'dd'.repeat(32)}` as const
const POOLS = [poolId('datanet', 1), poolId('model', 1)]

/** Writes the tree file of an epoch in which every account earned, half of them from two pools, and says its post. */
async function main([folder = '', leaves = '', vault = '']: readonly string[]): Promise<void> {
  const packed = packedAccounts(Number(leaves))
  const accounts = Array.from({ length: Number(leaves) }, (_, i) => ({
    account: addressAt(packed, i),
    cumulative: uint128At(packed, i * LEAF_BYTES + 20),
    prefix: uint128At(packed, i * LEAF_BYTES + 36),
  }))
  const journal = accounts.flatMap(({ cumulative, prefix }, contributorIndex) => {
    const part = contributorIndex % 2 === 0 ? cumulative : cumulative / 3n
    const rest = cumulative - part
    const first = { contributorIndex, poolPosition: 0, amount: part, prefix }
    return rest === 0n
      ? [first]
      : [first, { contributorIndex, poolPosition: 1, amount: rest, prefix: prefix + part }]
  })
  const system = { chainId: 31337, vault, registry: vault, payments: vault }
  const trees = treeBuilder(await loadKeccak(), system)
  const manifest = POOLS.map((id, i) => {
    const entries = journal.filter(({ poolPosition }) => poolPosition === i)
    const amount = entries.reduce((sum, entry) => sum + entry.amount, 0n)
    const settlementRoot = `0x${'ab'.repeat(24)}` as const
    return {
      ...{ poolId: id, settlementRoot, leafCount: entries.length, totalWeight: 10n ** 9n },
      ...{ amount, cumulative: amount, prefix: 0n },
    }
  })
  const built = {
    ledger: trees.ledger(accounts),
    journal: trees.journal(journal),
    manifest: trees.manifest(manifest),
  }
  const file = treeFileOf(system, { specVersion: 1, epoch: 1, dataDigest: DIGEST }, built)
  const to = publishedFiles(folder, 1).tree
  await mkdir(path.dirname(to), { recursive: true })
  await writeFile(to, file)
  const post: Omit<Post, 'total'> & { total: string } = {
    ...{
      epoch: 1,
      specVersion: 1,
      configDigest: DIGEST,
      blockNumber: 1,
      blockHash: DIGEST,
      inputsDigest: DIGEST,
    },
    ledgerRoot: built.ledger.tree.root,
    journalRoot: built.journal.tree.root,
    manifestRoot: built.manifest.tree.root,
    ledgerCount: accounts.length,
    journalCount: journal.length,
    manifestCount: manifest.length,
    total: String(accounts.at(-1)!.prefix + accounts.at(-1)!.cumulative),
    dataDigest: DIGEST,
  }
  process.send?.({ post, bytes: file.length })
}

void main(process.argv.slice(2))
