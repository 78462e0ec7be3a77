import { counterBytes, encodeModel, type Model } from '@open-datanets/onnx-engine'
import { sha256, type ScoringSettings } from '../../../attribution-oracle/src/domain'
import type { FeatureCodes } from '../../../attribution-oracle/src/scoring/epoch/featureCodes'
import { placesOf, ShardCutter } from '../../../attribution-oracle/src/scoring/epoch/shards/cutShards'
import { openLocalShards } from '../../../attribution-oracle/src/scoring/epoch/shards/localShards'
import type { Sequence } from '../../../attribution-oracle/src/scoring/epoch/shards/sequences'
import { joinedCurvature } from '../../../attribution-oracle/src/scoring/epoch/shards/shardResult'
import { addSums } from '../../../attribution-oracle/src/scoring/epoch/shards/sums'
import type { Window } from '../../../attribution-oracle/src/scoring/epoch/windows'

export interface WindowList {
  readonly windows: readonly Window[]
}

export interface Differentiated {
  readonly curvature: FeatureCodes
  /** scored tokens behind the curvature */
  readonly curvatureTokens: number
  /** of each list of sequences: the projected gradient of every sequence */
  readonly gradients: readonly (readonly Float64Array[])[]
}

/** The product's stage A of one checkpoint, up to the features before they become int8. */
export async function differentiate(
  forward: Model,
  settings: ScoringSettings,
  trained: readonly WindowList[],
  asked: readonly WindowList[],
  workers: number,
): Promise<Differentiated> {
  const graph = { digest: sha256(Buffer.from(settings.seed)), bytes: encodeModel(forward), tokenizer: '' }
  const cutter = new ShardCutter(graph, settings)
  const lists = [trained, asked].map(list => list.map(named))
  const rows = lists[0]!
  const sample = counterBytes(settings.seed, 'fisher windows')
    .shuffle(placesOf(rows))
    .slice(0, settings.fisherSamples)
  const curvatureTokens = sample.reduce((sum, { owner, at }) => sum + rows[owner]!.windows[at]!.scored, 0)
  const local = openLocalShards({ workers })
  try {
    const results = await local.run(cutter.curvature(rows, sample))
    const gradients = []
    for (const sequences of lists) {
      const cut = cutter.features(sequences, results, curvatureTokens)
      gradients.push(addSums(sequences.length, cut, await local.run(cut)).features)
    }
    return { curvature: joinedCurvature(results), curvatureTokens, gradients }
  } finally {
    await local.close()
  }
}

/** Shards of this process carry their windows: nobody looks at the text that they name. */
function named({ windows }: WindowList, index: number): Sequence {
  const bytes = Buffer.from(String(index))
  const digest = sha256(bytes)
  return { windows, first: 0, name: { text: digest }, digest, bytes }
}
