import * as ort from 'onnxruntime-node'
import type { Model, Tensor } from '../src/index'
import { encodeModel } from '../src/index'

export type Feeds = Readonly<Record<string, Tensor>>

/** Loads a model into ONNX Runtime on one thread, for float64 graphs at the level that has float64 kernels. */
export async function openModel(
  model: Model,
  level: 'basic' | 'all' = 'basic',
): Promise<{ run(feeds: Feeds): Promise<Record<string, Tensor>>; close(): Promise<void> }> {
  const session = await ort.InferenceSession.create(encodeModel(model), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    graphOptimizationLevel: level,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  })
  return {
    async run(feeds) {
      const given = Object.entries(feeds).map(([name, t]): [string, ort.Tensor] => [
        name,
        new ort.Tensor(t.dtype as 'float32', t.data as Float32Array, t.dims),
      ])
      const results = await session.run(Object.fromEntries(given))
      return Object.fromEntries(
        Object.entries(results).map(([name, value]) => [
          name,
          { dtype: value.type, dims: value.dims, data: value.data } as unknown as Tensor,
        ]),
      )
    },
    close: () => session.release(),
  }
}

export async function runModel(
  model: Model,
  feeds: Feeds,
  level?: 'basic' | 'all',
): Promise<Record<string, Tensor>> {
  const session = await openModel(model, level)
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}
