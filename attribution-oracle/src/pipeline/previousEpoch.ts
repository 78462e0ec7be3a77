import { readEpoch } from '../content'
import { SPEC_VERSION, type ContentStore, type Post } from '../domain'
import { AttributionOracleError } from '../errors'
import { treeDomains, TreeBuilder, type Keccak, type LeafTree, type LedgerLeaf } from '../settlement'
import type { System } from './dependencies'

/** Where an epoch starts from: the ledger and what every pool has paid so far. */
export interface Before {
  ledger: LeafTree<LedgerLeaf>
  /** ever paid by pool id */
  paid: ReadonlyMap<bigint, bigint>
}

export function treeBuilder(keccak: Keccak, { chainId, vault }: System): TreeBuilder {
  return new TreeBuilder(keccak, treeDomains(keccak, chainId, vault, SPEC_VERSION))
}

/**
 * Loads what the previous final epoch left, from content, and holds it against the roots that are final on chain.
 * @throws CONTENT_MISSING, CONTENT_CORRUPT, INVALID_DOCUMENT when the content is not what was made final
 */
export async function readBefore(
  trees: TreeBuilder,
  previous: Post | null,
  content: ContentStore,
): Promise<Before> {
  if (!previous) return { ledger: trees.ledger([]), paid: new Map() }
  const { tables } = await readEpoch(content, previous.dataDigest)
  const ledger = trees.ledger(tables.ledger)
  const manifest = trees.manifest(tables.manifest)
  expectRoot('ledger', ledger.tree.root, previous.ledgerRoot)
  expectRoot('manifest', manifest.tree.root, previous.manifestRoot)
  return { ledger, paid: new Map(tables.manifest.map(leaf => [leaf.poolId, leaf.cumulative])) }
}

function expectRoot(tree: string, got: string, expected: string): void {
  if (got === expected) return
  throw new AttributionOracleError(
    'INVALID_DOCUMENT',
    {
      what: `The published ${tree} of the previous epoch is not the one that is final on chain`,
      got,
      expected,
    },
    { format: `${tree} table`, issues: [`root ${got}`] },
  )
}
