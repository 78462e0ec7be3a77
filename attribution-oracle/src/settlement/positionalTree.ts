import { AttributionOracleError } from '../errors'
import type { Root } from '../domain'
import { toHex } from './hex'
import type { Keccak } from './keccak'

export const NODE_BYTES = 24

/**
 * A Merkle tree whose leaves stand at fixed positions. Nodes are the first 24 bytes of keccak256(left || right), never
 * sorted; a node over two empty children is zero. All levels lie one after another in a single array of bytes, leaves
 * first, each level rounded up to half of the one below.
 */
export class PositionalTree {
  private constructor(
    private readonly keccak: Keccak,
    private readonly nodes: Uint8Array,
    /** byte offset of each level, leaves first */
    private readonly levels: readonly number[],
    readonly count: number,
  ) {}

  /** @param leaves `count` hashed leaves of 24 bytes, one after another; an empty leaf is zero. */
  static fromLeaves(keccak: Keccak, leaves: Uint8Array): PositionalTree {
    const count = leaves.length / NODE_BYTES
    if (!Number.isInteger(count))
      throw invalidArgument('leaves', `${leaves.length} bytes`, 'a multiple of 24 bytes')
    const levels = [0]
    let size = count
    let end = count
    while (size > 1) {
      levels.push(end * NODE_BYTES)
      size = Math.ceil(size / 2)
      end += size
    }
    const nodes = new Uint8Array(end * NODE_BYTES)
    nodes.set(leaves)
    const tree = new PositionalTree(keccak, nodes, levels, count)
    for (let level = 1; level < levels.length; level++) tree.hashLevel(level)
    return tree
  }

  /** ceil(log2(count)); 0 for one leaf and for none. */
  get depth(): number {
    return this.levels.length - 1
  }

  /** Zero for a tree without leaves. */
  get root(): Root {
    return toHex(this.count === 0 ? new Uint8Array(NODE_BYTES) : this.nodes.subarray(-NODE_BYTES))
  }

  /** All nodes, level by level, leaves first and the root last; empty without leaves. Not to be written to. */
  get bytes(): Uint8Array {
    return this.nodes
  }

  leaf(index: number): Uint8Array {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) {
      throw invalidArgument('index', String(index), `a position below ${this.count}`)
    }
    return this.nodes.subarray(index * NODE_BYTES, (index + 1) * NODE_BYTES)
  }

  /**
   * The siblings of a leaf from the bottom up, 24 bytes each. The proof is checked against the root before it leaves.
   * @throws INVALID_ARGUMENT for a position outside of the tree, INVARIANT_BROKEN when the array was changed
   */
  proof(index: number): Uint8Array {
    return this.checked(index, this.leaf(index))
  }

  /**
   * The same for a position behind the last leaf: it shows that nothing is there.
   * @throws INVALID_ARGUMENT for the position of a leaf, or one that is beyond the depth of the tree
   */
  emptyProof(index: number): Uint8Array {
    if (!Number.isInteger(index) || index < this.count || index >= 2 ** this.depth) {
      throw invalidArgument('index', String(index), `from ${this.count} below ${2 ** this.depth}`)
    }
    return this.checked(index, new Uint8Array(NODE_BYTES))
  }

  private checked(index: number, leaf: Uint8Array): Uint8Array {
    const proof = new Uint8Array(this.depth * NODE_BYTES)
    for (let level = 0; level < this.depth; level++) {
      const sibling = (index >>> level) ^ 1
      if (sibling < this.levelSize(level)) proof.set(this.node(level, sibling), level * NODE_BYTES)
    }
    const reached = rootOfProof(this.keccak, leaf, index, proof)
    if (reached !== this.root) {
      throw new AttributionOracleError(
        'INVARIANT_BROKEN',
        { what: `The proof of leaf ${index} does not reach the root`, got: reached, expected: this.root },
        { invariant: 'tree.proof', got: reached, expected: this.root },
      )
    }
    return proof
  }

  private hashLevel(level: number): void {
    const below = this.levelSize(level - 1)
    const pair = new Uint8Array(2 * NODE_BYTES)
    for (let i = 0; i < this.levelSize(level); i++) {
      const start = this.levels[level - 1]! + 2 * i * NODE_BYTES
      const whole = 2 * i + 1 < below
      if (!whole) pair.set(this.node(level - 1, 2 * i))
      const children = whole ? this.nodes.subarray(start, start + 2 * NODE_BYTES) : pair
      if (isZero(children)) continue
      this.nodes.set(this.keccak(children).subarray(0, NODE_BYTES), this.levels[level]! + i * NODE_BYTES)
    }
  }

  private levelSize(level: number): number {
    const end = this.levels[level + 1] ?? this.nodes.length
    return (end - this.levels[level]!) / NODE_BYTES
  }

  private node(level: number, index: number): Uint8Array {
    const start = this.levels[level]! + index * NODE_BYTES
    return this.nodes.subarray(start, start + NODE_BYTES)
  }
}

/**
 * The root that a proof leads to.
 * @throws INVALID_ARGUMENT for a proof of the wrong length or an index beyond the proof's depth
 */
export function rootOfProof(keccak: Keccak, leaf: Uint8Array, index: number, proof: Uint8Array): Root {
  const depth = proof.length / NODE_BYTES
  if (!Number.isInteger(depth))
    throw invalidArgument('proof', `${proof.length} bytes`, 'a multiple of 24 bytes')
  if (index >= 2 ** depth) throw invalidArgument('index', String(index), `a position below 2^${depth}`)
  let node = leaf
  for (let level = 0; level < depth; level++) {
    const sibling = proof.subarray(level * NODE_BYTES, (level + 1) * NODE_BYTES)
    const right = (index >>> level) & 1
    const pair = new Uint8Array(2 * NODE_BYTES)
    pair.set(node, right ? NODE_BYTES : 0)
    pair.set(sibling, right ? 0 : NODE_BYTES)
    node = isZero(pair) ? new Uint8Array(NODE_BYTES) : keccak(pair).subarray(0, NODE_BYTES)
  }
  return toHex(node)
}

function isZero(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte !== 0) return false
  return true
}

function invalidArgument(argument: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `The tree got a wrong ${argument}`, got, expected },
    { argument, got, expected },
  )
}
