import type { MethodName, ScoreMatrix } from '../capture'
import { addUsage, UsageTotal } from '../methods/combine'
import type { CheckpointValues } from '../methods/value'
import { averaged, checkEvidence, type Evidence, ofMeanLoss, parted, predictions } from './evidence'
import { BY_SPREAD, spreadsOf, summed, valuesBySpread } from './valueBySpread'
import { ldsOf } from './lds'
import { BaseScores, type CheckpointSource } from './baseScores'
import { type Base, candidates, idOf } from './candidates'
import { type Runs, thinned, unsaturated } from './checkpointSets'
import { choose, defaultReport, LEAST_SUBSETS } from './choose'
import { type Contest, levelled, race } from './contenders'
import { type Default, defaultOf } from './defaults'
import { type AuditTask, type Fit, type ModelFacts, readFacts } from './modelFacts'
import { refused } from './refused'
import type { AuditReport } from './report'

/** Share of matches of text in the default mix: they help where phrases repeat and cost little where they do not. */
const EXTRA_SHARE = 0.25
/** Matrices that a chosen mix may cost, so that a job ends in about a minute. */
const MOST_MATRICES = 150
/** Checkpoints that stand for a set where sets are compared. */
const MOST_COMPARED = 8
const HALF_GIB = 2 ** 29

export interface AutoOptions {
  readonly task: AuditTask
  readonly runs: Runs
  readonly evidence?: Evidence
  readonly seed: string
  readonly memory: number
  readonly weightDecay?: string
  /** Scores that need no gradient, such as spans of text; they take part as they are. */
  readonly extra?: readonly { readonly id: string; readonly scores: ScoreMatrix }[]
  /** the one method that may be chosen; evidence then says how much to damp it */
  readonly only?: MethodName
  readonly signal?: AbortSignal
}

export interface Part {
  readonly id: string
  readonly weight: number
  /** absent for extra scores */
  readonly base?: Base
  readonly checkpoints: readonly number[]
}

export interface AutoScores {
  readonly scores: ScoreMatrix
  readonly parts: readonly Part[]
  readonly report: AuditReport
}

/**
 * Usage scores by what the data at hand say: with evidence the method, its damping, its checkpoints and the share of
 * the extra scores are chosen on half of it and reported on the other half; without, by task, size and fit.
 * @throws AttributionOracleError INVALID_ARGUMENT
 */
export async function scoreUsage(source: CheckpointSource, options: AutoOptions): Promise<AutoScores> {
  const { scores, standing, evidence } = await opened(source, options, 'usage')
  const extra = options.extra ?? []
  const plain = standardParts(
    standing,
    options.runs.flat(),
    extra.map(({ id }) => id),
  )
  if (!evidence || evidence.subsets < LEAST_SUBSETS) {
    const chosen = plain.map(({ id, weight }) => ({ id, weight }))
    return finish(scores, plain, extra, defaultReport(chosen, withoutEvidence(standing, evidence)))
  }
  const facts = await readFacts(await scores.capture(lastOf(options.runs)), options)
  const contests = await race(candidatesFor(facts, options), scores, {
    ...{
      runs: options.runs,
      evidence,
      seed: options.seed,
      standing: standing.parts.map(({ base }) => base),
      question: 'usage',
    },
    ...(options.signal && { signal: options.signal }),
  })
  const contenders = [
    ...contests,
    ...extra.map(({ id, scores: own }) => ({ id, sums: predictions(evidence, levelled(own)) })),
  ]
  const byDefault = options.only
    ? [{ index: dampedBest(contests, standing.parts[0]!.base, evidence, options.seed, 'all'), weight: 1 }]
    : plain.map(({ id, weight }) => ({ index: contenders.findIndex(one => one.id === id), weight }))
  const choice = choose(contenders, evidence, {
    ...{ seed: options.seed, byDefault, why: standing.why },
    ...(options.only && { mostParts: 1 }),
  })
  const parts = choice.parts.map(({ index, weight }) => partOf(contenders[index]!, weight))
  return finish(scores, parts, extra, choice.report)
}

export interface AutoValues {
  /** float64 [n_train] per checkpoint, not normalised: see estimateValues */
  readonly perCheckpoint: readonly CheckpointValues[]
  readonly parts: readonly Part[]
  readonly report: AuditReport
}

/**
 * What every sample did for the mean loss of the queries: one method, never normalised, at the checkpoints before the
 * model saturates or those that predict the evidence best.
 * @throws AttributionOracleError INVALID_ARGUMENT
 */
export async function scoreValue(source: CheckpointSource, options: AutoOptions): Promise<AutoValues> {
  const { scores, standing, evidence } = await opened(source, options, 'value')
  const fits = new Map<number, Fit>()
  for (const checkpoint of options.runs.flat()) fits.set(checkpoint, await scores.fit(checkpoint))
  const plain = { name: 'unsaturated' as const, checkpoints: unsaturated(options.runs, fits) }
  const { base } = standing.parts[0]!
  const usual = { id: `${base.id} at ${plain.name}`, base, checkpoints: plain.checkpoints }
  let [part, report] = [
    { ...usual, weight: 1 } as Part,
    defaultReport([{ id: usual.id, weight: 1 }], withoutEvidence(standing, evidence)),
  ]
  if (evidence && evidence.subsets >= LEAST_SUBSETS) {
    const mean = ofMeanLoss(evidence)
    const facts = await readFacts(await scores.capture(lastOf(options.runs)), options)
    const contests = await race(candidatesFor(facts, options), scores, {
      ...{
        // Halves say little about leaving one contributor out where checkpoints are compared, much about damping.
        runs: [plain.checkpoints],
        compared: thinned(plain.checkpoints, MOST_COMPARED),
        evidence: mean,
        seed: options.seed,
        standing: standing.parts.map(one => one.base),
        question: 'value',
      },
      ...(options.signal && { signal: options.signal }),
    })
    const plainly = contests
      .filter(({ set }) => set.name === 'all')
      .map(each => ({ ...each, id: `${each.base.id} at ${plain.name}`, set: plain }))
    const usual = dampedBest(plainly, base, mean, options.seed, plain.name)
    const spread = spreadsOf(evidence)
    const spreadValues =
      spread && base.method !== 'closed-form'
        ? await valuesBySpread(scores, standing, options, spread)
        : undefined
    const contenders: { id: string; sums: Float64Array }[] = [
      ...plainly,
      ...(spreadValues ? [{ id: BY_SPREAD, sums: predictions(mean, summed(spreadValues)) }] : []),
    ]
    const choice = choose(contenders, mean, {
      seed: options.seed,
      byDefault: [{ index: spreadValues ? plainly.length : usual, weight: 1 }],
      why: spreadValues
        ? `losses per query say how much each of them can move; ${standing.why}`
        : standing.why,
      mostParts: 1,
    })
    if (spreadValues && choice.parts[0]!.index === plainly.length) {
      const parts = standing.parts.map(one => ({
        id: `${one.base.id} ${BY_SPREAD}`,
        weight: one.weight,
        base: one.base,
        checkpoints: options.runs.flat(),
      }))
      return { perCheckpoint: spreadValues, parts, report: choice.report }
    }
    part = partOf(plainly[choice.parts[0]!.index]!, 1)
    report = choice.report
  }
  const perCheckpoint: CheckpointValues[] = []
  for (const checkpoint of part.checkpoints) {
    options.signal?.throwIfAborted()
    const run = options.runs.findIndex(of => of.includes(checkpoint))
    perCheckpoint.push({ run, values: averaged(await scores.at(part.base!, checkpoint)).data })
  }
  return { perCheckpoint, parts: [part], report }
}

/**
 * The default's method at the damping that predicts the choosing half best, its neighbours counted half: the truth is
 * smooth in the damping, and a few subsets are not.
 */
function dampedBest(
  contenders: readonly Contest[],
  { method }: Base,
  evidence: Evidence,
  seed: string,
  at: string,
): number {
  const { choosing } = parted(evidence.subsets, seed)
  const figures = contenders
    .map(({ base, set, sums }, index) => ({ base, set, sums, index }))
    .filter(({ base, set }) => base.method === method && set.name === at)
    .map(({ base, sums, index }) => ({
      index,
      damping: Number(base.settings.damping ?? 0),
      figure: ldsOf(sums, evidence, choosing),
    }))
    .sort((one, other) => one.damping - other.damping)
  const smooth = figures.map(({ figure }, place) => {
    const beside = [figures[place - 1], figures[place + 1]].flatMap(one => (one ? [one.figure] : []))
    return beside.reduce((sum, one) => sum + one, 2 * figure) / (2 + beside.length)
  })
  return figures[smooth.indexOf(Math.max(...smooth))]?.index ?? -1
}

async function opened(
  source: CheckpointSource,
  options: AutoOptions,
  question: 'usage' | 'value',
): Promise<{ scores: BaseScores; standing: Default; evidence: Evidence | undefined }> {
  const { runs, seed, memory } = options
  if (runs.flat().length === 0) throw refused('checkpoints', 'none', 'at least one')
  const scores = new BaseScores(source, { seed, memory, kept: Math.min(HALF_GIB, memory / 2) })
  const last = lastOf(runs)
  const facts = await readFacts(await scores.capture(last), options)
  const standing = named(options) ?? defaultOf(facts, await scores.fit(last), question)
  const evidence = options.evidence && checkEvidence(options.evidence, facts.samples, facts.queries)
  return { scores, standing, evidence }
}

function named({ only }: AutoOptions): Default | undefined {
  if (!only) return undefined
  const base = { id: idOf(only, {}), method: only, settings: {} }
  return { parts: [{ base, weight: 1 }], why: 'the job names the method' }
}

function candidatesFor(facts: ModelFacts, { only }: AutoOptions): readonly Base[] {
  return candidates(facts).filter(({ method }) => only === undefined || method === only)
}

function lastOf(runs: Runs): number {
  return runs.find(run => run.length > 0)!.at(-1)!
}

function withoutEvidence({ why }: Default, evidence: Evidence | undefined): string {
  return evidence
    ? `${evidence.subsets} subsets of evidence are too few to choose by (${LEAST_SUBSETS} or more): ${why}`
    : `no evidence of retrained models was given: ${why}`
}

function standardParts({ parts }: Default, checkpoints: readonly number[], extra: readonly string[]): Part[] {
  const share = extra.length === 0 ? 0 : EXTRA_SHARE
  return [
    ...parts.map(({ base, weight }) => ({
      id: `${base.id} at all`,
      weight: weight * (1 - share),
      base,
      checkpoints,
    })),
    ...extra.map(id => ({ id, weight: share / extra.length, checkpoints: [] })),
  ]
}

function partOf(contender: Contest | { readonly id: string }, weight: number): Part {
  return 'base' in contender
    ? { id: contender.id, weight, base: contender.base, checkpoints: contender.set.checkpoints }
    : { id: contender.id, weight, checkpoints: [] }
}

/** Parts at unit spread per query, by their weights, over all of their checkpoints. */
async function finish(
  scores: BaseScores,
  parts: readonly Part[],
  extra: NonNullable<AutoOptions['extra']>,
  report: AuditReport,
): Promise<AutoScores> {
  const most = Math.max(1, Math.floor(MOST_MATRICES / parts.length))
  const kept = parts.map(part => ({ ...part, checkpoints: thinned(part.checkpoints, most) }))
  const sums = new Map<string, UsageTotal>()
  // Checkpoint by checkpoint, because a capture costs more than a score.
  for (const checkpoint of new Set(kept.flatMap(({ checkpoints }) => checkpoints))) {
    for (const { id, base, checkpoints } of kept) {
      if (!base || !checkpoints.includes(checkpoint)) continue
      const own = await scores.at(base, checkpoint)
      const total = sums.get(id) ?? new UsageTotal(own)
      total.add(own)
      sums.set(id, total)
    }
  }
  const totals = new Map([...sums].map(([id, sum]) => [id, sum.scores()]))
  for (const { id, scores: own } of extra) totals.set(id, own)
  const first = totals.get(kept[0]!.id)!
  const blend = { ...first, data: new Float64Array(first.data.length) }
  for (const { id, weight } of kept) addUsage(blend, totals.get(id)!, weight)
  return { scores: blend, parts: kept, report }
}
