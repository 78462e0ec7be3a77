import { readEpoch } from '../content'
import {
  epochInputsDocument,
  parseDocument,
  poolId,
  sha256,
  SPEC_VERSION,
  type ContentStore,
  type Post,
  type Redemption,
} from '../domain'
import { AttributionOracleError } from '../errors'
import {
  treeDomains,
  TreeBuilder,
  type Keccak,
  type LeafTree,
  type LedgerLeaf,
  type ManifestLeaf,
} from '../settlement'
import type { System } from './dependencies'

/** Where an epoch starts from: the ledger and what every pool has paid so far. */
export interface Before {
  ledger: LeafTree<LedgerLeaf>
  manifest: LeafTree<ManifestLeaf>
  /** ever paid by pool id */
  paid: ReadonlyMap<bigint, bigint>
  /** redemptions whose model's pool has paid nothing since: their fees may be collected later, and are then split by them */
  unpaid: readonly Redemption[]
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
  previous: Post | null | undefined,
  content: ContentStore,
): Promise<Before> {
  if (!previous)
    return { ledger: trees.ledger([]), manifest: trees.manifest([]), paid: new Map(), unpaid: [] }
  const { tables, inputs } = await readEpoch(content, previous.dataDigest, previous)
  const ledger = trees.ledger(tables.ledger)
  const manifest = trees.manifest(tables.manifest)
  expectFinal('ledger', ledger.tree.root, previous.ledgerRoot)
  expectFinal('manifest', manifest.tree.root, previous.manifestRoot)
  expectFinal('inputs', sha256(inputs), previous.inputsDigest)
  const { redemptions } = parseDocument(epochInputsDocument, 'epoch inputs', inputs)
  const paidNow = new Set(tables.manifest.filter(({ amount }) => amount > 0n).map(leaf => leaf.poolId))
  return {
    ledger,
    manifest,
    paid: new Map(tables.manifest.map(leaf => [leaf.poolId, leaf.cumulative])),
    unpaid: redemptions.filter(({ modelId }) => !paidNow.has(poolId('model', modelId))),
  }
}

function expectFinal(part: string, got: string, expected: string): void {
  if (got === expected) return
  throw new AttributionOracleError(
    'INVALID_DOCUMENT',
    {
      what: `The published ${part} of the previous epoch is not the one that is final on chain`,
      got,
      expected,
    },
    { format: `epoch ${part}`, issues: [got] },
  )
}
