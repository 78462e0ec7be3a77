import {
  counterBytes,
  DirectSession,
  encodeModel,
  GraphBuilder,
  type Tensor,
} from '@open-datanets/onnx-engine'
import { gemmFlops } from './gemmFlops'
import { pairedRatio, spreadOf, takeTurns, type Spread, type Work } from './measure'

const SIZE = 1024

/** What a single thread of this machine can do at best: ONNX Runtime's own product of two 1024 x 1024 matrices. */
export interface Ceiling {
  readonly flops: number
  readonly run: () => Promise<unknown>
  close(): Promise<void>
}

export async function matMulCeiling(): Promise<Ceiling> {
  const builder = new GraphBuilder('ceiling')
  const left = builder.input('left', 'float32', [SIZE, SIZE])
  const product = builder.matMul(left, builder.initializer('right', randomMatrix('right')))
  // The whole product is computed; handing out one row keeps copying it out of the measurement.
  builder.output(builder.slice(product, 0, 1, 0), 'row')
  const model = builder.model()
  const session = await DirectSession.create({ model: encodeModel(model) })
  const feeds = { left: randomMatrix('left') }
  return { flops: gemmFlops(model), run: () => session.run(feeds), close: () => session.close() }
}

export interface Share {
  /** GFLOP per run. */
  readonly gflop: number
  readonly milliseconds: Spread
  readonly gflops: number
  /** Speed as a share of the ceiling's in the same round. */
  readonly share: Spread
}

/** Alternates a graph's run with the ceiling on the same one thread. */
export async function shareOfCeiling(
  ceiling: Ceiling,
  flops: number,
  run: Work,
  rounds: number,
): Promise<Share> {
  const turns = await takeTurns(rounds, { run, ceiling: ceiling.run })
  const ratio = pairedRatio(turns.ceiling, turns.run)
  const scale = flops / ceiling.flops
  const milliseconds = spreadOf(turns.run)
  return {
    gflop: flops / 1e9,
    milliseconds,
    gflops: flops / 1e6 / milliseconds.median,
    share: { median: scale * ratio.median, min: scale * ratio.min, max: scale * ratio.max },
  }
}

function randomMatrix(name: string): Tensor {
  const stream = counterBytes('bench', name)
  const data = Float32Array.from({ length: SIZE * SIZE }, () => stream.uniform() - 0.5)
  return { dtype: 'float32', dims: [SIZE, SIZE], data }
}
