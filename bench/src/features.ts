import {
  DirectSession,
  encodeModel,
  featureGraph,
  forwardModel,
  initialWeights,
  type Feeds,
  type Model,
} from '@open-datanets/onnx-engine'
import type { Bench } from './bench'
import { matMulCeiling, shareOfCeiling, type Ceiling } from './ceiling'
import { gemmFlops } from './gemmFlops'
import { BATCH, CONTEXT, languageModel, randomBatch } from './languageModel'
import { percent } from './measure'
import type { Row, Table } from './table'

const ROUNDS = 15
const PASSES = [
  { width: 128, projection: 16, bar: '>= 60 %' },
  { width: 128, projection: 32, bar: '>= 60 %' },
  { width: 256, projection: 16, bar: '>= 80 %' },
  { width: 256, projection: 32, bar: '>= 80 %' },
  { width: 512, projection: 16, bar: '>= 80 %' },
  { width: 512, projection: 32, bar: '>= 80 %' },
]

export const features: Bench = {
  name: 'features',
  claim: 'projected per-sample gradients run at >= 60 % of a MatMul-1024 at width 128, >= 80 % from 256 on',
  run: async () => {
    const ceiling = await matMulCeiling()
    const rows: Row[] = []
    for (const { width, projection, bar } of PASSES) {
      const forward = forwardModel(languageModel(width), initialWeights(languageModel(width), 'bench'))
      const { tokens, targets } = randomBatch(BATCH)
      if (projection === 16)
        rows.push(await measured(ceiling, `forward, width ${width}`, forward, { tokens }))
      const { model } = featureGraph(forward, { projection, seed: 'bench', labels: 'targets' })
      const pass = await measured(ceiling, `features k=${projection}, width ${width}`, model, {
        tokens,
        targets,
      })
      rows.push({ ...pass, bar })
    }
    await ceiling.close()
    return [table(rows)]
  },
}

async function measured(ceiling: Ceiling, name: string, model: Model, feeds: Feeds): Promise<Row> {
  const session = await DirectSession.create({ model: encodeModel(model) })
  const flops = gemmFlops(model, { B: BATCH, T: CONTEXT })
  const { gflop, milliseconds, gflops, share } = await shareOfCeiling(
    ceiling,
    flops,
    () => session.run(feeds),
    ROUNDS,
  )
  await session.close()
  return {
    pass: name,
    GFLOP: gflop,
    ms: milliseconds.median,
    'sequences/s': (1000 * BATCH) / milliseconds.median,
    'GFLOP/s': gflops,
    'share of the ceiling (min-max)': percent(share),
  }
}

function table(rows: readonly Row[]): Table {
  return {
    title: `Feature pass, 2 layers, batch ${BATCH} x ${CONTEXT} tokens, one thread`,
    rows,
    notes: [
      `Median of ${ROUNDS} rounds alternated with the ceiling; only the flops of matrix products count.`,
    ],
  }
}
