import type { Root } from '../domain'
import type { ByteSource } from './byteSource'
import type { Domains } from './domains'
import { toHex } from './hex'
import { interpolationSearch } from './interpolationSearch'
import type { Keccak } from './keccak'
import { NODE_BYTES } from './positionalTree'
import {
  decodeTreeHeader,
  HEADER_BYTES,
  JOURNAL_LEAF_BYTES,
  LEDGER_LEAF_BYTES,
  MANIFEST_LEAF_BYTES,
  treeCorrupt,
  treeLayout,
  type TreeHeader,
  type TreeLayout,
} from './treeHeader'
import type { JournalLeaf, ManifestLeaf } from './trees'

/** A leaf of the ledger with what RewardVault.claim takes to pay it. Amounts in wei. */
export interface ProvenAccount {
  index: number
  /** 20 bytes */
  account: Uint8Array
  cumulative: bigint
  prefix: bigint
  /** siblings from the leaf up, 24 bytes each */
  proof: Uint8Array
}

/** Levels with at most so many nodes are read and hashed once, when the file is opened. */
const CROWN_NODES = 8192

/** One more than the first six bytes of an address can be. */
const KEYS = 2 ** 48

/**
 * Answers from a tree file (see encodeTreeFile) without loading it: an answer reads the few records that it needs from
 * the source. The crown of the tree is hashed up to the root when the file is opened, and every proof is hashed up to
 * the crown before it is given out, so that a damaged byte is found by the first answer that would stand on it.
 */
export class LedgerFile {
  /** one buffer per kind of record, filled again by every read */
  private readonly leaf = new Uint8Array(LEDGER_LEAF_BYTES)
  private readonly leafView = new DataView(this.leaf.buffer)
  private readonly entry = new Uint8Array(JOURNAL_LEAF_BYTES)
  private readonly entryView = new DataView(this.entry.buffer)
  private readonly address = new Uint8Array(20)
  private readonly position = new Uint8Array(4)
  private readonly positionView = new DataView(this.position.buffer)
  private readonly pair = new Uint8Array(2 * NODE_BYTES)
  private readonly preimage = new Uint8Array(32 + LEDGER_LEAF_BYTES)

  private constructor(
    private readonly source: ByteSource,
    private readonly keccak: Keccak,
    domain: Uint8Array,
    readonly header: TreeHeader,
    private readonly layout: TreeLayout,
    /** the nodes of the levels from `crownLevel` up */
    private readonly crown: Uint8Array,
    private readonly crownLevel: number,
  ) {
    this.preimage.set(domain)
  }

  /**
   * Reads the header, holds the length of the file against its counts, and hashes the crown up to the root.
   * @throws TREE_CORRUPT, and what the source throws
   */
  static open(source: ByteSource, keccak: Keccak, domains: Domains): LedgerFile {
    if (source.length < HEADER_BYTES)
      throw treeCorrupt(source.name, `${source.length} bytes`, `a header of ${HEADER_BYTES} bytes`)
    const head = new Uint8Array(HEADER_BYTES)
    source.read(0, head)
    const header = decodeTreeHeader(source.name, head)
    const layout = treeLayout(header)
    if (source.length !== layout.length)
      throw treeCorrupt(source.name, `${source.length} bytes`, `${layout.length} bytes`)
    const { levels } = layout
    const small = levels.findIndex((from, level) => {
      const end = levels[level + 1]
      return end !== undefined && (end - from) / NODE_BYTES <= CROWN_NODES
    })
    const crownLevel = Math.max(small, 0)
    const crown = new Uint8Array(levels.at(-1)! - levels[crownLevel]!)
    source.read(levels[crownLevel]!, crown)
    const file = new LedgerFile(source, keccak, domains.Ledger, header, layout, crown, crownLevel)
    file.checkCrown()
    return file
  }

  get name(): string {
    return this.source.name
  }

  /** The proven leaf of an address; undefined when the ledger has none. @throws TREE_CORRUPT */
  find(address: Uint8Array): ProvenAccount | undefined {
    const { ledgerCount } = this.header
    const low = this.rankOf(address)
    const found = low < ledgerCount ? this.at(this.positionAt(low)) : undefined
    if (found && Buffer.compare(found.account, address) === 0) return found
    // that nothing is there stands on the two neighbours: they are proven as well
    if (low > 0) this.at(this.positionAt(low - 1))
    return undefined
  }

  /** The proven leaf of a contributor index below the count. @throws TREE_CORRUPT */
  at(index: number): ProvenAccount {
    this.source.read(this.layout.leaves + index * LEDGER_LEAF_BYTES, this.leaf)
    return {
      index,
      account: this.leaf.slice(0, 20),
      cumulative: uint128(this.leafView, 20),
      prefix: uint128(this.leafView, 36),
      proof: this.prove(index),
    }
  }

  /** What this epoch added to an account, ascending by pool. */
  journalOf(index: number): JournalLeaf[] {
    const { journalCount, ledgerCount } = this.header
    let low = interpolationSearch(journalCount, index, ledgerCount, place => {
      const key = this.contributorAt(place)
      return { below: key < index, key }
    })
    const entries: JournalLeaf[] = []
    for (; low < journalCount && this.contributorAt(low) === index; low++) {
      this.source.read(this.layout.journal + low * JOURNAL_LEAF_BYTES, this.entry)
      entries.push({
        contributorIndex: index,
        poolPosition: this.entryView.getUint32(4),
        amount: uint128(this.entryView, 8),
        prefix: uint128(this.entryView, 24),
      })
    }
    return entries
  }

  /** All pools of the epoch, ascending by id. */
  pools(): ManifestLeaf[] {
    const bytes = new Uint8Array(this.header.manifestCount * MANIFEST_LEAF_BYTES)
    this.source.read(this.layout.manifest, bytes)
    const view = new DataView(bytes.buffer)
    return Array.from({ length: this.header.manifestCount }, (_, i) => {
      const at = i * MANIFEST_LEAF_BYTES
      return {
        poolId: view.getBigUint64(at),
        settlementRoot: toHex(bytes.subarray(at + 8, at + 32)),
        leafCount: Number(view.getBigUint64(at + 32)),
        totalWeight: uint128(view, at + 40),
        amount: uint128(view, at + 56),
        cumulative: uint128(view, at + 72),
        prefix: uint128(view, at + 88),
      }
    })
  }

  /** The proof of the leaf that is in the buffer, checked up to the crown. */
  private prove(index: number): Uint8Array {
    const depth = this.layout.levels.length - 2
    const proof = new Uint8Array(depth * NODE_BYTES)
    this.preimage.set(this.leaf, 32)
    let node = this.keccak(this.preimage).subarray(0, NODE_BYTES)
    for (let level = 0; level < depth; level++) {
      const sibling = proof.subarray(level * NODE_BYTES, (level + 1) * NODE_BYTES)
      const other = (index >>> level) ^ 1
      if (other < this.sizeOf(level)) this.readNode(level, other, sibling)
      if (level < this.crownLevel) node = this.parent(node, sibling, (index >>> level) & 1)
    }
    const expected = this.crownNode(this.crownLevel, index >>> this.crownLevel)
    if (!same(node, expected))
      throw treeCorrupt(this.name, `account ${index} under the node ${toHex(node)}`, toHex(expected))
    return proof
  }

  private checkCrown(): void {
    const { ledgerRoot } = this.header
    const top = this.layout.levels.length - 2
    const root: Root = top < 0 ? toHex(new Uint8Array(NODE_BYTES)) : toHex(this.crownNode(top, 0).slice())
    if (root !== ledgerRoot) throw treeCorrupt(this.name, `the root ${root}`, ledgerRoot)
    const empty = new Uint8Array(NODE_BYTES)
    for (let level = this.crownLevel; level < top; level++) {
      for (let i = 0; i < this.sizeOf(level + 1); i++) {
        const right = 2 * i + 1 < this.sizeOf(level) ? this.crownNode(level, 2 * i + 1) : empty
        const got = this.parent(this.crownNode(level, 2 * i), right, 0)
        const expected = this.crownNode(level + 1, i)
        if (!same(got, expected))
          throw treeCorrupt(this.name, `node ${i} of level ${level + 1} ${toHex(got)}`, toHex(expected))
      }
    }
  }

  private parent(node: Uint8Array, sibling: Uint8Array, right: number): Uint8Array {
    this.pair.set(node, right * NODE_BYTES)
    this.pair.set(sibling, (1 - right) * NODE_BYTES)
    for (const byte of this.pair) if (byte !== 0) return this.keccak(this.pair).subarray(0, NODE_BYTES)
    return new Uint8Array(NODE_BYTES)
  }

  private readNode(level: number, index: number, into: Uint8Array): void {
    if (level >= this.crownLevel) into.set(this.crownNode(level, index))
    else this.source.read(this.layout.levels[level]! + index * NODE_BYTES, into)
  }

  private crownNode(level: number, index: number): Uint8Array {
    const { levels } = this.layout
    const at = levels[level]! - levels[this.crownLevel]! + index * NODE_BYTES
    return this.crown.subarray(at, at + NODE_BYTES)
  }

  private sizeOf(level: number): number {
    const { levels } = this.layout
    return (levels[level + 1]! - levels[level]!) / NODE_BYTES
  }

  /** How many addresses are below one: they are hashes, mostly, so that their value tells where they stand. */
  private rankOf(address: Uint8Array): number {
    return interpolationSearch(this.header.ledgerCount, keyOf(address), KEYS, rank => {
      const below = this.compare(rank, address) < 0
      return { below, key: keyOf(this.address) }
    })
  }

  private positionAt(rank: number): number {
    this.source.read(this.layout.index + 4 * rank, this.position)
    const position = this.positionView.getUint32(0)
    if (position < this.header.ledgerCount) return position
    throw treeCorrupt(this.name, `index entry ${rank} = ${position}`, `below ${this.header.ledgerCount}`)
  }

  private compare(rank: number, address: Uint8Array): number {
    const at = this.layout.leaves + this.positionAt(rank) * LEDGER_LEAF_BYTES
    this.source.read(at, this.address)
    return Buffer.compare(this.address, address)
  }

  private contributorAt(place: number): number {
    this.source.read(this.layout.journal + place * JOURNAL_LEAF_BYTES, this.position)
    return this.positionView.getUint32(0)
  }
}

/** The first six bytes as a number. */
function keyOf(address: Uint8Array): number {
  let key = 0
  for (let i = 0; i < 6; i++) key = key * 256 + address[i]!
  return key
}

function uint128(view: DataView, at: number): bigint {
  const high = view.getBigUint64(at)
  const low = view.getBigUint64(at + 8)
  return high === 0n ? low : (high << 64n) | low
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < NODE_BYTES; i++) if (a[i] !== b[i]) return false
  return true
}
