import fc from 'fast-check'
import { ZeroHash } from 'ethers'
import {
  poolId,
  type Batch,
  type Digest,
  type EpochInputs,
  type ReasonCode,
  type Row,
} from '../../src/domain'
import type { SettledEpoch } from '../../src/pipeline'
import { settleStage } from '../../src/pipeline'
import { toWeights } from '../../src/scoring'
import type { TreeBuilder } from '../../src/settlement'

const VAULT = '0x5FbDB2315678afecb367f032d93F642f64180aa3'
const ZERO = ZeroHash as Digest
const accountOf = (index: number): string => `0x${(index + 1).toString(16).padStart(40, '0')}`

/** One contribution in one epoch: what was decided, and its score in every pool that knows it. */
export interface Judged {
  owner: number
  reason: ReasonCode
  novelty: number
  scores: readonly (number | undefined)[]
}

export interface EpochScene {
  /** in the order of the chain; a later epoch repeats those of the one before */
  contributions: readonly Judged[]
  /** new funding by pool: datanet 1, model 1, model 2 */
  funded: readonly bigint[]
  /** fees that receipts explain, by model */
  fees: readonly bigint[]
}

const POOLS = [poolId('datanet', 1), poolId('model', 1), poolId('model', 2)]

/** Two epochs of up to 5 contributors and 9 contributions, whatever may become of each. */
export const twoEpochs: fc.Arbitrary<[EpochScene, EpochScene]> = fc
  .record({ contributors: fc.integer({ min: 1, max: 5 }), first: fc.nat(7), later: fc.nat(2) })
  .chain(({ contributors, first, later }) => {
    const owners = fc.array(fc.nat(contributors - 1), { minLength: first + later, maxLength: first + later })
    return owners.chain(own => fc.tuple(epochScene(own.slice(0, first), false), epochScene(own, true)))
  })

function epochScene(owners: readonly number[], later: boolean): fc.Arbitrary<EpochScene> {
  const reasons: ReasonCode[] = ['ACCEPTED', 'ACCEPTED', 'ACCEPTED', 'NOISE', 'NEAR_COPY']
  if (later) reasons.push('WITHDRAWN', 'SUPERSEDED')
  const score = fc.option(fc.double({ min: -1, max: 3, noNaN: true }), { nil: undefined, freq: 4 })
  const wei = fc.oneof(
    fc.constant(0n),
    fc.bigInt({ min: 0n, max: 10n ** 25n }),
    fc.bigInt({ min: 0n, max: 9n }),
  )
  return fc.record({
    contributions: fc.tuple(
      ...owners.map(owner =>
        fc.record({
          owner: fc.constant(owner),
          reason: fc.constantFrom(...reasons),
          novelty: fc.double({ min: 0.01, max: 1, noNaN: true }),
          scores: fc.tuple(score, score, score),
        }),
      ),
    ),
    funded: fc.tuple(wei, wei, wei),
    fees: fc.tuple(wei, wei),
  })
}

/** Settles scenes one after the other as the pipeline does, from scores on. */
export async function settleScenes(
  trees: TreeBuilder,
  scenes: readonly EpochScene[],
  tilt: (weights: Row<'weights'>[]) => void = () => undefined,
): Promise<SettledEpoch[]> {
  const epochs: SettledEpoch[] = []
  for (const [i, scene] of scenes.entries()) {
    const before = epochs.at(-1)
    const owners = scene.contributions.map(({ owner }) => owner)
    const inputs = inputsOf(i + 1, owners, scene, before)
    const tables = tablesOf(scene, idsOf(owners))
    tilt(tables.weights)
    const previous = {
      ledger: trees.ledger(before?.tables.ledger ?? []),
      manifest: trees.manifest(before?.tables.manifest ?? []),
      paid: new Map(before?.tables.manifest.map(row => [row.poolId, row.cumulative])),
      unpaid: [],
    }
    const scoring = {
      engine: { onnxruntime: 'none', optimization: 'none', provider: 'test' },
      seed: 's',
      checkpoints: [],
    }
    const settled = await settleStage(trees, inputs, Buffer.from('{}'), { tables, scoring }, previous)
    epochs.push({ post: settled.post, inputs, tables: settled.data.tables })
  }
  return epochs
}

/** (contributor << 32) | place among all of the contributor's. */
function idsOf(owners: readonly number[]): bigint[] {
  const places = new Map<number, bigint>()
  return owners.map(owner => {
    const place = places.get(owner) ?? 0n
    places.set(owner, place + 1n)
    return (BigInt(owner) << 32n) | place
  })
}

function tablesOf({ contributions, fees }: EpochScene, ids: readonly bigint[]) {
  const byId = <R extends { id: bigint }>(rows: R[]): R[] => rows.sort((a, b) => (a.id < b.id ? -1 : 1))
  const screening = byId(
    contributions.map(({ owner, reason, novelty }, i) => ({
      id: ids[i]!,
      count: 1,
      contributorIndex: owner,
      verdict: reason === 'ACCEPTED' ? ('accepted' as const) : ('rejected' as const),
      reason,
      representative: ids[i]!,
      novelty,
      detail: 'as the test says',
    })),
  )
  const scores: Row<'scores'>[] = []
  const weights: Row<'weights'>[] = []
  POOLS.forEach((pool, p) => {
    const scored = contributions.flatMap(({ reason, novelty, scores: own }, i) => {
      const score = own[p]
      if (score === undefined || reason === 'WITHDRAWN' || reason === 'SUPERSEDED') return []
      return [{ id: ids[i]!, rank: BigInt(i), score, payable: reason === 'ACCEPTED' ? score * novelty : 0 }]
    })
    const made = toWeights(new Map(scored.map(({ rank, payable }) => [rank, payable])))
    for (const { id, score } of byId([...scored])) scores.push({ poolId: pool, contributionId: id, score })
    for (const { id, rank } of byId([...scored])) {
      const weight = made.get(rank) ?? 0n
      if (weight > 0n) weights.push({ poolId: pool, contributionId: id, weight })
    }
  })
  const receipts = fees.map((amount, i) => ({
    payer: VAULT,
    modelId: i + 1,
    amount,
    cumulative: amount,
    receiptsDigest: ZERO,
    outputs: 1,
    accepted: true,
    reason: '',
  }))
  return { screening, receipts, scores, weights }
}

function inputsOf(
  epoch: number,
  owners: readonly number[],
  { funded }: EpochScene,
  before: SettledEpoch | undefined,
): EpochInputs {
  const ids = idsOf(owners)
  const batches: Batch[] = owners.map((owner, i) => ({
    datanetId: 1,
    batchId: ids[i]!,
    contributorIndex: owner,
    contributor: accountOf(owner),
    firstContributionId: ids[i]!,
    itemCount: 1,
    itemsRoot: ZERO,
    manifestDigest: ZERO,
  }))
  const paidIn = new Map(before?.inputs.pools.map(pool => [pool.poolId, pool.funded]))
  const known = Math.max(-1, ...owners, (before?.inputs.contributors.length ?? 0) - 1) + 1
  return {
    format: 'open-datanets/epoch-inputs',
    version: 2,
    chainId: 31337,
    vault: VAULT,
    registry: VAULT,
    payments: VAULT,
    epoch,
    configDigest: ZERO,
    blockNumber: epoch,
    blockHash: ZERO,
    contributors: Array.from({ length: known }, (_, index) => ({ index, account: accountOf(index) })),
    batches,
    register: {
      datanets: [],
      terms: [],
      parents: [],
      decisions: [],
      withdrawals: [],
      licenses: [],
      successions: [],
    },
    models: [1, 2].map(modelId => ({
      modelId,
      datanetId: 1,
      baseModelId: modelId - 1,
      artifactDigest: ZERO,
      manifestDigest: ZERO,
    })),
    redemptions: [],
    pools: POOLS.map((pool, i) => ({ poolId: pool, funded: (paidIn.get(pool) ?? 0n) + funded[i]! })),
    previous: before?.post ?? null,
  }
}
