import { z } from 'zod'
import { readEpoch } from '../content'
import {
  canonicalBytes,
  epochInputsDocument,
  MAX_DOCUMENT_BYTES,
  parseDocument,
  poolId,
  sha256,
  trainingRecipe,
  type Digest,
  type EpochInputs,
  type EpochTables,
  type Post,
} from '../domain'
import { AttributionOracleError } from '../errors'
import { coalitionLosses, TOTAL_WEIGHT } from '../scoring'
import { auditEpoch, epochAudit } from '../scoring/audit'
import { coalitionsOf } from './auditCoalitions'
import { collectContributions } from './contributions'
import type { Computing } from './dependencies'
import { readLineages, referenceModel } from './models'
import { readConfig, readEvaluation } from './rules'

/** The audit with its evidence, so that anyone can draw the figures from it, or retrain any coalition. */
export const publishedAudit = epochAudit.extend({
  /** what was audited */
  dataDigest: z.string(),
  /** training manifest of the reference model, whose recipe every retraining repeated */
  manifest: z.string(),
  /** one character per contributor, 1: took part */
  coalitions: z.array(z.string().regex(/^[01]+$/)),
  /** held-out loss of the model of each coalition, nats per token */
  losses: z.array(z.number()),
})
export type PublishedAudit = z.infer<typeof publishedAudit>

export interface AuditOptions {
  /** trainings; where all coalitions are no more than this, each is trained once */
  readonly coalitions: number
}

/**
 * Holds what an epoch paid for value against counterfactuals: trains the reference model again without random
 * contributors and compares their Banzhaf values with their shares of the datanet's pool. The coalitions are drawn by
 * the block that closed the epoch, so that nobody chooses them. Nothing that is paid depends on the outcome.
 * @returns the audit and the digest under which it was put into the content store
 * @throws INVALID_ARGUMENT for an epoch without a reference model, INVALID_DOCUMENT for a manifest without a recipe,
 * CONTENT_MISSING, SCORING_FAILED, ABORTED
 */
export async function auditByRetraining(
  deps: Computing,
  post: Post,
  { coalitions }: AuditOptions,
): Promise<{ audit: PublishedAudit; digest: Digest }> {
  const { content } = deps
  const data = await readEpoch(content, post.dataDigest, post)
  const inputs = parseDocument(epochInputsDocument, 'epoch inputs', data.inputs)
  const config = await readConfig(content, inputs)
  const { lineages } = await readLineages(inputs, config.datanetId, deps)
  const reference = referenceModel(lineages)
  const manifest = lineages.find(({ modelId }) => modelId === reference)?.manifests[0]?.manifest
  const manifestDigest = inputs.models.find(({ modelId }) => modelId === reference)?.manifestDigest
  if (!manifest || !manifestDigest) throw withoutReference(post.epoch)
  const recipe = parseDocument(
    trainingRecipe,
    'training manifest with a recipe',
    await content.get(manifestDigest, MAX_DOCUMENT_BYTES),
  )

  const files = await filesOf(deps, inputs, config.datanetId, config.screening.maxBytes)
  const players = playersOf(manifest.contributionIds, data.tables, files)
  const members = coalitionsOf(players.length, coalitions, inputs.blockHash)
  const losses = await coalitionLosses({
    tokenizer: new TextDecoder().decode(await content.get(manifest.tokenizer)),
    recipe,
    files: players.map(({ ids }) => ids.map(id => files.get(id)!)),
    heldOut: (await readEvaluation(content, config, inputs.blockHash)).map(({ bytes }) => bytes),
    members,
    workers: deps.workers,
    onProgress: deps.onProgress,
    ...(deps.signal && { signal: deps.signal }),
  })
  const paid = sharesOf(data.tables, poolId('datanet', config.datanetId))
  const audit: PublishedAudit = {
    ...auditEpoch({
      epoch: post.epoch,
      seed: inputs.blockHash,
      contributors: players.map(({ index }) => inputs.contributors[index]!.account),
      paid: players.map(({ index }) => paid.get(index) ?? 0),
      coalitions: { players: players.length, members, utilities: losses.map(loss => -loss) },
    }),
    dataDigest: post.dataDigest,
    manifest: manifestDigest,
    coalitions: Array.from(losses, (_, row) =>
      members.subarray(row * players.length, (row + 1) * players.length).join(''),
    ),
    losses: [...losses],
  }
  const bytes = canonicalBytes(audit)
  await content.put(bytes)
  return { audit, digest: sha256(bytes) }
}

/** Bytes by contribution id. */
async function filesOf(
  { content }: Computing,
  inputs: EpochInputs,
  datanetId: number,
  maxBytes: number,
): Promise<Map<bigint, Uint8Array>> {
  const { files, ranks } = await collectContributions(inputs, datanetId, content, maxBytes)
  return new Map(files.map(({ id, bytes }) => [ranks.idOf(id), bytes]))
}

/** Who brought what the model was trained on; a copy stands for its representative. What was found noise takes part. */
function playersOf(
  contributionIds: readonly number[],
  { screening }: EpochTables,
  files: ReadonlyMap<bigint, Uint8Array>,
): { index: number; ids: bigint[] }[] {
  const rows = new Map(screening.map(row => [row.id, row]))
  const ids = contributionIds.flatMap(id => rows.get(BigInt(id))?.representative ?? [])
  const players = new Map<number, bigint[]>()
  for (const id of [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1))) {
    const index = rows.get(id)?.contributorIndex
    if (index !== undefined && files.has(id)) players.set(index, [...(players.get(index) ?? []), id])
  }
  return [...players].map(([index, own]) => ({ index, ids: own })).sort((a, b) => a.index - b.index)
}

/** Share of the pool by contributor index. */
function sharesOf({ settlement }: EpochTables, pool: bigint): Map<number, number> {
  const shares = new Map<number, number>()
  for (const { poolId: id, contributorIndex, weight } of settlement) {
    if (id !== pool) continue
    shares.set(contributorIndex, (shares.get(contributorIndex) ?? 0) + Number(weight) / Number(TOTAL_WEIGHT))
  }
  return shares
}

function withoutReference(epoch: number): AttributionOracleError {
  const [got, expected] = ['no base model of the datanet that can be read', 'one, with its training manifest']
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `Epoch ${epoch} cannot be audited by retraining`, got, expected },
    { argument: 'epoch', got, expected },
  )
}
