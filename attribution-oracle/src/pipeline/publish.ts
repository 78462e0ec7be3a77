import { join } from 'node:path'
import { encodeCar, rawBlock, writeWhole } from '../content'
import { canonicalBytes, type ContentStore, type Post } from '../domain'
import { encodeTreeFile, type Settlement } from '../settlement'
import { claimsOf } from './claims'
import type { System } from './dependencies'
import type { Settled } from './settleStage'

/** Where an epoch's static files lie inside the publish folder. */
export function publishedFiles(
  folder: string,
  epoch: number,
): { car: string; tree: string; claims: string; proposal: string } {
  const path = join(folder, `epoch-${epoch}`)
  return {
    car: join(path, 'epoch.car'),
    tree: join(path, 'tree.bin'),
    claims: join(path, 'claims.json'),
    proposal: join(path, 'post.json'),
  }
}

/** Where the word of an operator for an epoch's post lies. */
export function attestationFile(folder: string, epoch: number, operator: string): string {
  return join(folder, `epoch-${epoch}`, `attestation-${operator}.json`)
}

/** The tree file of an epoch, from its trees. */
export function treeFileOf(
  { chainId, vault }: Pick<System, 'chainId' | 'vault'>,
  { specVersion, epoch, dataDigest }: Pick<Post, 'specVersion' | 'epoch' | 'dataDigest'>,
  trees: Pick<Settlement, 'ledger' | 'journal' | 'manifest'>,
): Uint8Array {
  const { ledger, journal, manifest } = trees
  return encodeTreeFile({ specVersion, chainId, vault, epoch, dataDigest, ledger, journal, manifest })
}

/** Of one claims file: a kilobyte each, mostly proof, in a document that readers take up to 64 MiB of. */
const MOST_CLAIMS = 50_000

/**
 * Puts every block of an epoch into the content store, where a verifier finds it by the posted data digest, and writes
 * the static files: the CAR with the codes that its
 * scores follow from, the tree file that proofs are served from, the claims, and the post for other operators to sign.
 * A ledger of more than `mostClaims` accounts has no claims file: the tree file holds every claim, and the API gives each.
 * Nothing that is posted names the claims file. Publishing twice writes the same bytes.
 */
export async function publishEpoch(
  settled: Settled,
  system: System,
  content: ContentStore,
  folder: string,
  mostClaims = MOST_CLAIMS,
): Promise<void> {
  for (const block of settled.blocks) await content.put(block.bytes)
  const files = publishedFiles(folder, settled.post.epoch)
  const { codes } = settled.data.header.scoring
  const beside = codes ? [rawBlock(await content.get(codes))] : []
  await writeWhole(files.car, await encodeCar([...settled.blocks, ...beside]))
  await writeWhole(files.tree, treeFileOf(system, settled.post, settled.settlement))
  if (settled.post.ledgerCount <= mostClaims) {
    const claims = canonicalBytes(claimsOf(system, settled.post, settled.settlement))
    await content.put(claims)
    await writeWhole(files.claims, claims)
  }
  await writeWhole(files.proposal, canonicalBytes(settled.post))
}
