import {
  poolId,
  type EpochConfig,
  type EpochHeader,
  type EpochInputs,
  type EpochTables,
  type Row,
  type ScoreInput,
  type ScoreResult,
  type ScreenInput,
  type ScreenResult,
} from '../domain'
import { collectContributions, type Ranks } from './contributions'
import type { Computing } from './dependencies'
import { loadModel, readLineages, referenceModel } from './models'
import { readReceipts } from './receipts'
import { readConfig, readEvaluation } from './rules'

/** The outcome of screening and scoring: every decision, every score, the integer weights. */
export interface Scored {
  tables: Pick<EpochTables, 'screening' | 'receipts' | 'scores' | 'weights'>
  scoring: EpochHeader['scoring']
  /** what `scoring.codes` is the digest of; published beside the tables */
  codes?: Uint8Array | undefined
}

/**
 * Screens and scores one epoch from its inputs and from content alone.
 * @param committed the codes of a post that is verified, as ScoreInput says
 * @param rescore the share of them that is computed again, as ScoreInput says
 * @throws CONTENT_MISSING, CONTENT_CORRUPT, INVALID_DOCUMENT for what the epoch cannot do without: configuration,
 * evaluation, the graphs of its models
 */
export async function scoreStage(
  deps: Computing,
  inputs: EpochInputs,
  committed?: ScoreInput['committed'],
  rescore?: ScoreInput['rescore'],
): Promise<Scored> {
  const { content } = deps
  const config = await readConfig(content, inputs)
  const { files, ranks, faults } = await collectContributions(
    inputs,
    config.datanetId,
    content,
    config.screening.maxBytes,
  )
  deps.onProgress({ stage: 'screen', done: 0, total: files.length })
  const screened = deps.screen(files, config.screening)
  deps.onProgress({ stage: 'screen', done: files.length, total: files.length })

  const { lineages, leftOut } = await readLineages(inputs, config.datanetId, deps)
  const known = new Set([...lineages.map(({ modelId }) => modelId), ...leftOut.keys()])
  const redemptions = inputs.redemptions.filter(({ modelId }) => known.has(modelId))
  const receipts = await readReceipts(inputs, redemptions, leftOut, content)
  const referenceModelId = referenceModel(lineages)
  const paid = new Set(receipts.outputs.map(({ modelId }) => modelId))
  const needed = lineages.filter(({ modelId }) => modelId === referenceModelId || paid.has(modelId))
  const models = []
  for (const lineage of needed) {
    models.push(await loadModel(lineage, representatives(screened, ranks), content))
    const { modelId } = lineage
    const registered = inputs.models.find(model => model.modelId === modelId)!
    deps.observe?.({ kind: 'model', modelId, digest: registered.manifestDigest })
  }

  const result = await deps.scoreEpoch({
    files: acceptedFiles(files, screened),
    evaluation: await readEvaluation(content, config, inputs.blockHash),
    referenceModelId,
    models,
    outputs: receipts.outputs,
    settings: config.scoring,
    workers: deps.workers,
    shards: deps.shards,
    committed,
    rescore,
    onProgress: deps.onProgress,
    ...(deps.signal && { signal: deps.signal }),
  })
  // what the model saw of the files may still reject some: noise is not paid, though it was scored
  const decisions = deps.screen(files, config.screening, result.noise)
  const rows = decisions.map(each => decisionRow(each, ranks))
  return {
    tables: {
      screening: [...rows, ...faults].sort((a, b) => (a.id < b.id ? -1 : 1)),
      receipts: receipts.index,
      ...weighted(deps, config, result, decisions, ranks),
    },
    scoring: result.receipt,
    codes: result.codes,
  }
}

function acceptedFiles(files: readonly ScreenInput[], screened: readonly ScreenResult[]): ScreenInput[] {
  const accepted = new Set(screened.filter(each => each.verdict === 'accepted').map(each => each.id))
  return files.filter(file => accepted.has(file.id)).sort((a, b) => (a.id < b.id ? -1 : 1))
}

/** A model trained on a copy was trained on what its representative brought first, once. */
function representatives(
  screened: readonly ScreenResult[],
  ranks: Ranks,
): (ids: readonly number[]) => bigint[] {
  const byRank = new Map(screened.map(each => [each.id, each]))
  return ids => {
    const found = ids.flatMap(id => {
      const trainedOn = byRank.get(ranks.rankOf(BigInt(id)) ?? -1n)
      const representative = byRank.get(trainedOn?.representative ?? -1n)
      return representative?.verdict === 'accepted' ? [representative.id] : []
    })
    return [...new Set(found)].sort((a, b) => (a < b ? -1 : 1))
  }
}

function weighted(
  deps: Computing,
  config: EpochConfig,
  result: ScoreResult,
  decisions: readonly ScreenResult[],
  ranks: Ranks,
) {
  const novelty = new Map(decisions.map(each => [each.id, each.verdict === 'accepted' ? each.novelty : 0]))
  const pools = [
    { pool: poolId('datanet', config.datanetId), scores: result.value },
    ...[...result.usage].map(([modelId, scores]) => ({ pool: poolId('model', modelId), scores })),
  ].sort((a, b) => (a.pool < b.pool ? -1 : 1))
  const scores: Row<'scores'>[] = []
  const weights: Row<'weights'>[] = []
  for (const { pool, scores: raw } of pools) {
    const estimates = new Map(raw === result.value ? byId(result.estimates, ranks) : [])
    for (const [contributionId, score] of byId(raw, ranks)) {
      const { value, error, reason } = estimates.get(contributionId) ?? {}
      const known =
        value === undefined || !Number.isFinite(error)
          ? {}
          : { value, error: error!, ...(reason && { reason }) }
      scores.push({ poolId: pool, contributionId, score, ...known })
    }
    const payable = [...raw].map(([rank, score]) => [rank, score * (novelty.get(rank) ?? 0)] as const)
    for (const [contributionId, weight] of byId(deps.toWeights(new Map(payable)), ranks)) {
      if (weight > 0n) weights.push({ poolId: pool, contributionId, weight })
    }
  }
  return { scores, weights }
}

/** From ranks back to ids, ascending. */
function byId<V>(byRank: ReadonlyMap<bigint, V>, ranks: Ranks): [id: bigint, value: V][] {
  return [...byRank]
    .map(([rank, value]): [bigint, V] => [ranks.idOf(rank), value])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

function decisionRow({ id: rank, ...result }: ScreenResult, ranks: Ranks): Row<'screening'> {
  const { verdict, reason, novelty, detail } = result
  return {
    id: ranks.idOf(rank),
    count: 1,
    contributorIndex: ranks.contributorOf(rank),
    verdict,
    reason,
    representative: ranks.idOf(result.representative),
    novelty,
    detail,
  }
}
