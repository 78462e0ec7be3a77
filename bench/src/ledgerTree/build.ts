// the tree alone: the rest of the settlement would count as its memory
import { treeDomains } from '../../../attribution-oracle/src/settlement/domains'
import { loadKeccak } from '../../../attribution-oracle/src/settlement/keccak'
import { TreeBuilder } from '../../../attribution-oracle/src/settlement/trees'
import { addressAt, LEAF_BYTES, packedAccounts, uint128At } from './accounts'

/** What one process that builds one tree says of itself before it ends. */
export interface Build {
  milliseconds: number
  /** the most memory that the process ever had, and what it had before the build, bytes */
  peak: number
  before: number
  root: string
}

const CHAIN_ID = 31337
const VAULT = `0x${'11'.repeat(20)}`

/** Each works from its own form of the same accounts, made before the clock runs, and loads what it needs alone. */
const BUILDERS: Readonly<Record<string, (packed: Uint8Array) => Promise<() => string>>> = {
  async ours(packed) {
    const keccak = await loadKeccak()
    const trees = new TreeBuilder(keccak, treeDomains(keccak, CHAIN_ID, VAULT, 1))
    return () => trees.ofPacked('Ledger', LEAF_BYTES, packed).root
  },

  async peer(packed) {
    const { StandardMerkleTree } = await import('@openzeppelin/merkle-tree')
    const rows = Array.from({ length: packed.length / LEAF_BYTES }, (_, i) => {
      const at = i * LEAF_BYTES
      return [addressAt(packed, i), String(uint128At(packed, at + 20)), String(uint128At(packed, at + 36))]
    })
    return () => StandardMerkleTree.of(rows, ['address', 'uint128', 'uint128']).root
  },

  /** Our format once more, with another keccak, level by level as it is defined. */
  async naive(packed) {
    const { getBytes, hexlify, keccak256 } = await import('ethers')
    const { Ledger } = treeDomains(await loadKeccak(), CHAIN_ID, VAULT, 1)
    const node = (...parts: Uint8Array[]): Uint8Array =>
      getBytes(keccak256(Buffer.concat(parts))).slice(0, 24)
    return () => {
      let level = Array.from({ length: packed.length / LEAF_BYTES }, (_, i) =>
        node(Ledger, packed.subarray(i * LEAF_BYTES, (i + 1) * LEAF_BYTES)),
      )
      const empty = new Uint8Array(24)
      while (level.length > 1) {
        level = Array.from({ length: Math.ceil(level.length / 2) }, (_, i) =>
          node(level[2 * i]!, level[2 * i + 1] ?? empty),
        )
      }
      return hexlify(level[0]!)
    }
  },
}

async function main([builder = '', leaves = '']: readonly string[]): Promise<void> {
  const work = await BUILDERS[builder]!(packedAccounts(Number(leaves)))
  const before = process.memoryUsage.rss()
  const started = performance.now()
  const root = work()
  const milliseconds = performance.now() - started
  const build: Build = { milliseconds, peak: process.resourceUsage().maxRSS * 1024, before, root }
  process.send?.(build)
}

void main(process.argv.slice(2))
