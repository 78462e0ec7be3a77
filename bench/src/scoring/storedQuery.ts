import { join } from 'node:path'
import { FeatureStore, type FeatureIdentity } from '@open-datanets/attribution-oracle'
import { counterBytes, DirectSession, encodeModel, GraphBuilder } from '@open-datanets/onnx-engine'
import { createHash } from 'node:crypto'
import { pairedRatio, spreadOf, takeTurns, times } from '../measure'
import type { Table } from '../table'
import { bar, type Bar } from './bar'
import { FEATURE_DIMS } from './syntheticJob'

const SAMPLES = 100_000
const ROUNDS = 15
const MOST_RATIO = 1.5

const digest = (text: string): `0x${string}` => `0x${createHash('sha256').update(text).digest('hex')}`

const identity: FeatureIdentity = {
  model: digest('model'),
  checkpoint: digest('checkpoint'),
  direction: 'loss',
  projection: { k: 16, seed: 'bench' },
  layers: [{ name: 'all', inWidth: 1, outWidth: FEATURE_DIMS, dims: FEATURE_DIMS }],
  engine: 'none',
}

/** One aggregated query against stored features, beside ONNX Runtime's own product with the same features in memory. */
export async function storedQuery(folder: string): Promise<{ table: Table; bars: Bar[] }> {
  const store = await FeatureStore.open(join(folder, 'store'), identity)
  const keys = Array.from({ length: SAMPLES }, (_, i) => digest(String(i)))
  await store.append(1, keys, async indices => randomFeatures(indices[0]!, indices.length))
  const query = randomFeatures(-1, 1)
  const started = performance.now()
  await store.products([query])
  const first = performance.now() - started
  const peer = await product()
  const turns = await takeTurns(ROUNDS, { ours: () => store.products([query]), peer: peer.run })
  await peer.close()
  await store.close()
  const ratio = pairedRatio(turns.ours, turns.peer)
  const bytes = store.record.shards.reduce((sum, shard) => sum + shard.bytes, 0)
  const table: Table = {
    title: `One query over ${SAMPLES.toLocaleString('en-US')} features of ${FEATURE_DIMS} dimensions, one thread`,
    rows: [
      { what: 'feature store, int8 from disk by pages', ms: spreadOf(turns.ours).median, MB: bytes / 1e6 },
      { what: 'the same, first time: compared with SHA-256', ms: first, MB: bytes / 1e6 },
      {
        what: 'ONNX Runtime MatMul, float32 in memory',
        ms: spreadOf(turns.peer).median,
        MB: (4 * SAMPLES * FEATURE_DIMS) / 1e6,
      },
    ],
    notes: [`Ratio ${times(ratio)}, median of ${ROUNDS} rounds that take turns.`],
  }
  return { table, bars: [bar('stored query over one MatMul', ratio.median, MOST_RATIO)] }
}

/** [SAMPLES, dims] x [dims, 1] in a session; the features are an input that lives in memory, as they would. */
async function product(): Promise<{ run: () => Promise<unknown>; close: () => Promise<void> }> {
  const builder = new GraphBuilder('product')
  const features = builder.input('features', 'float32', [SAMPLES, FEATURE_DIMS])
  const query = builder.input('query', 'float32', [FEATURE_DIMS, 1])
  builder.output(builder.matMul(features, query), 'scores')
  const session = await DirectSession.create({ model: encodeModel(builder.model()) })
  const feeds = {
    features: { dtype: 'float32', dims: [SAMPLES, FEATURE_DIMS], data: randomFeatures(0, SAMPLES) },
    query: { dtype: 'float32', dims: [FEATURE_DIMS, 1], data: randomFeatures(-1, 1) },
  } as const
  return { run: () => session.run(feeds), close: () => session.close() }
}

/** Cheap numbers that differ from row to row; what they are does not change the time. */
function randomFeatures(first: number, count: number): Float32Array {
  const stream = counterBytes('bench features', String(first))
  let state = stream.uint32() | 1
  const features = new Float32Array(count * FEATURE_DIMS)
  for (let i = 0; i < features.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0
    features[i] = state / 2 ** 31
  }
  return features
}
