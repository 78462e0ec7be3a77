import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { counterBytes } from '@open-datanets/onnx-engine'
import { sha256, type Digest } from '../../src/domain'
import { FeatureStore, type FeatureIdentity, type FeatureStoreOptions } from '../../src/featureStore'

export const DIMS = 20

export const identity: FeatureIdentity = {
  model: sha256(Buffer.from('model')),
  checkpoint: sha256(Buffer.from('checkpoint')),
  direction: 'loss',
  projection: { k: 4, seed: 'test' },
  layers: [
    { name: 'first', inWidth: 9, outWidth: 8, dims: 16 },
    { name: 'last', inWidth: 9, outWidth: 1, dims: 4 },
  ],
  engine: 'none',
}

export const keyOf = (sample: number): Digest => sha256(Buffer.from(`sample ${sample}`))
export const keysOf = (from: number, to: number): Digest[] =>
  Array.from({ length: to - from }, (_, i) => keyOf(from + i))

/** The same numbers for the same sample, whatever else is asked for. */
export function featureOf(sample: number): Float32Array {
  const stream = counterBytes('store', String(sample))
  return Float32Array.from({ length: DIMS }, () => stream.uniform() - 0.5)
}

export function featuresOf(samples: readonly number[]): Float32Array {
  const features = new Float32Array(samples.length * DIMS)
  for (const [i, sample] of samples.entries()) features.set(featureOf(sample), i * DIMS)
  return features
}

/** A folder that is gone after the test. */
export function scene(): { folder: string; open(options?: FeatureStoreOptions): Promise<FeatureStore> } {
  const opened: FeatureStore[] = []
  const held = {
    folder: '',
    async open(options?: FeatureStoreOptions) {
      const store = await FeatureStore.open(held.folder, identity, options)
      opened.push(store)
      return store
    },
  }
  beforeEach(async () => {
    held.folder = await mkdtemp(join(tmpdir(), 'features-'))
  })
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close()
    await rm(held.folder, { recursive: true })
  })
  return held
}
