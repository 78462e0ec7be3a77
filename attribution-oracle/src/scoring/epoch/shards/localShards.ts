import { SessionPool, decodeModel, encodeModel, featureGraph } from '@open-datanets/onnx-engine'
import type { Shard, ShardComputer, ShardOptions } from '../../../domain'
import { AttributionOracleError, isFault } from '../../../errors'
import { type FisherFactor, factorOf } from '../fisher'
import { isOfTheMachine } from '../leftOut'
import { lossModel } from '../losses'
import { CutShard } from './cutShards'
import { GraphSessions } from './graphSessions'
import { type Pass, curvaturePass, featuresPass, lossesPass } from './passes'
import { RecentlyUsed } from './recentlyUsed'
import { resultsAgree } from './resultsAgree'
import { ShardReader, named } from './shardReader'
import {
  type ShardResult,
  decodeShardResult,
  encodeShardResult,
  joinedCurvature,
  resultSize,
} from './shardResult'

/** Shards under way at once: while the last batches of one end, the next one keeps the threads busy. */
const LANES = 2

/** Computes shards on threads of this process. @param workers threads; their number changes no bit */
export function openLocalShards({ workers }: { readonly workers: number }): ShardComputer {
  return new LocalShards(workers)
}

class LocalShards implements ShardComputer {
  readonly ahead = 1
  private readonly reader = new ShardReader()
  private readonly sessions = new GraphSessions()
  private readonly fishers = new RecentlyUsed<FisherFactor>(LANES)
  private readonly sizes = new RecentlyUsed<readonly number[]>(16)

  constructor(private readonly workers: number) {}

  async run(shards: readonly Shard[], options: ShardOptions = {}): Promise<Uint8Array[]> {
    const results: Uint8Array[] = []
    const waiting = shards.entries()
    let failed = false
    const lane = async (): Promise<void> => {
      for (const [index, shard] of waiting) {
        if (failed) return
        options.signal?.throwIfAborted()
        results[index] = await this.#compute(shard, options).catch((error: unknown) => {
          failed = true
          throw error
        })
      }
    }
    const ended = await Promise.allSettled(Array.from({ length: LANES }, lane))
    for (const each of ended) if (each.status === 'rejected') throw each.reason
    return results
  }

  sizeOf(shard: Shard): number {
    return resultSize(shard.digest, shard.document, this.#sizesOf(shard))
  }

  check(shard: Shard, bytes: Uint8Array): void {
    const result = decodeShardResult(shard.digest, shard.document, bytes)
    if (bytes.length === this.sizeOf(shard) && sizesIn(result) === this.#sizesOf(shard).join()) return
    const issue = `they have ${bytes.length} bytes, not ${this.sizeOf(shard)}`
    throw new AttributionOracleError(
      'INVALID_DOCUMENT',
      { what: `the bytes are no result of shard ${shard.digest}: ${issue}` },
      { format: 'open-datanets/shard-result/v1', issues: [issue] },
    )
  }

  agree({ digest, document }: Shard, ours: Uint8Array, theirs: Uint8Array): boolean {
    const [a, b] = [ours, theirs].map(bytes => decodeShardResult(digest, document, bytes))
    return resultsAgree(a!, b!)
  }

  isOfContent(error: unknown): boolean {
    if (error instanceof AttributionOracleError)
      return isFault(error, 'SCORING_FAILED') && !isOfTheMachine(error.cause)
    return !isOfTheMachine(error)
  }

  close(): Promise<void> {
    return this.sessions.close()
  }

  async #compute(shard: Shard, options: ShardOptions): Promise<Uint8Array> {
    const { document } = shard
    // whoever cut it has read it already
    const windows = shard instanceof CutShard ? shard.windows : this.reader.windowsOf(shard)
    const result = await this.sessions.use(
      sessionKey(shard),
      () => this.#open(shard),
      pool => this.#pass(shard, { pool, document, windows, options }),
    )
    return encodeShardResult(shard.digest, result)
  }

  async #pass(shard: Shard, pass: Pass): Promise<ShardResult> {
    const { asked } = shard.document
    if (asked.kind === 'losses') return { kind: asked.kind, losses: await lossesPass(pass) }
    const sizes = this.#sizesOf(shard)
    if (asked.kind === 'curvature')
      return { kind: asked.kind, codes: await curvaturePass(pass, asked.before, sizes) }
    return { kind: asked.kind, sizes, sums: await featuresPass(pass, this.#fisherOf(shard), sizes) }
  }

  #open(shard: Shard): Promise<SessionPool> {
    const { asked, graph, seed } = shard.document
    const forward = decodeModel(named(shard, graph))
    if (asked.kind === 'losses') return this.#sessionsOf(encodeModel(lossModel(forward)))
    const labels = asked.kind === 'curvature' ? 'sampled' : 'targets'
    const { model, layers } = featureGraph(forward, { projection: asked.projection, seed, labels })
    this.sizes.get(sizesKey(shard), () => layers.map(({ dims }) => dims))
    return this.#sessionsOf(encodeModel(model))
  }

  #sessionsOf(model: Uint8Array): Promise<SessionPool> {
    return SessionPool.create({ model, workers: this.workers })
  }

  /** Features of each layer; none where only losses are asked for. */
  #sizesOf(shard: Shard): readonly number[] {
    const { asked, graph, seed } = shard.document
    if (asked.kind === 'losses') return []
    return this.sizes.get(sizesKey(shard), () => {
      const forward = decodeModel(named(shard, graph))
      const { layers } = featureGraph(forward, { projection: asked.projection, seed, labels: 'targets' })
      return layers.map(({ dims }) => dims)
    })
  }

  /** The curvature that everybody can compute from the codes: self-influence is measured in it. */
  #fisherOf(shard: Shard): FisherFactor {
    const { asked } = shard.document
    if (asked.kind !== 'features') throw unasked(shard)
    const { curvature, damping } = asked
    return this.fishers.get(JSON.stringify([curvature, damping]), () => {
      const codes = joinedCurvature(curvature.results.map(digest => named(shard, digest)))
      return factorOf(codes, curvature.tokens, damping)
    })
  }
}

/** What a graph's sessions depend on. */
function sessionKey({ document: { asked, graph, seed } }: Shard): string {
  const projection = asked.kind === 'losses' ? 0 : asked.projection
  return [asked.kind, projection, graph, seed].join(' ')
}

function sizesKey({ document: { asked, graph } }: Shard): string {
  return [asked.kind === 'losses' ? 0 : asked.projection, graph].join(' ')
}

function sizesIn(result: ShardResult): string {
  if (result.kind === 'losses') return ''
  return (result.kind === 'curvature' ? result.codes.sizes : result.sizes).join()
}

function unasked({ document: { asked } }: Shard): AttributionOracleError {
  return new AttributionOracleError(
    'INVARIANT_BROKEN',
    { what: 'only features are measured in a curvature', got: asked.kind, expected: 'features' },
    { invariant: 'curvature', got: asked.kind, expected: 'features' },
  )
}
