import { CounterStream } from '@open-datanets/onnx-engine'
import type { CheckpointCapture, Direction, SampleCapture } from '../../../src/scoring/capture'

const CLASSES = 3
const WIDTH = 5

interface Sample {
  readonly x: Float32Array
  readonly label: number
}

/** A softmax of one linear layer with drawn weights: captures of it, and how often each checkpoint was opened. */
export class SoftmaxModel {
  readonly opened: number[] = []
  readonly #train: readonly Sample[]
  readonly #query: readonly Sample[]

  constructor(
    readonly rows: number,
    readonly queries: number,
  ) {
    this.#train = drawn('train', rows)
    this.#query = drawn('query', queries)
  }

  capture(checkpoint: number): Promise<CheckpointCapture> {
    this.opened.push(checkpoint)
    const stream = new CounterStream('softmax', ['weights', checkpoint])
    const weights = Float64Array.from({ length: CLASSES * WIDTH }, () => stream.normal())
    const see = (samples: readonly Sample[], direction: Direction): Promise<SampleCapture> =>
      Promise.resolve(captured(samples, weights, direction))
    return Promise.resolve({
      train: direction => see(this.#train, direction),
      query: direction => see(this.#query, direction),
      classes: CLASSES,
    })
  }
}

function drawn(name: string, count: number): Sample[] {
  const stream = new CounterStream('softmax', [name])
  return Array.from({ length: count }, () => {
    const x = Float32Array.from({ length: WIDTH }, (_, i) => (i === WIDTH - 1 ? 1 : stream.normal()))
    return { x, label: stream.below(CLASSES) }
  })
}

function captured(samples: readonly Sample[], weights: Float64Array, direction: Direction): SampleCapture {
  const inputs = new Float32Array(samples.length * WIDTH)
  const gradients = new Float32Array(samples.length * CLASSES)
  const loss = new Float64Array(samples.length)
  const probability = new Float64Array(samples.length)
  samples.forEach(({ x, label }, row) => {
    inputs.set(x, row * WIDTH)
    const exps = Array.from({ length: CLASSES }, (_, k) =>
      Math.exp(x.reduce((sum, value, i) => sum + value * weights[k * WIDTH + i]!, 0)),
    )
    const total = exps.reduce((a, b) => a + b, 0)
    const p = exps.map(e => e / total)
    probability[row] = p[label]!
    loss[row] = -Math.log(p[label]!)
    p.forEach((own, k) => {
      const hit = k === label ? 1 : 0
      const value =
        direction === 'margin'
          ? hit - (1 - hit) * (own / (1 - p[label]!))
          : direction === 'loss' || direction === 'sampled'
            ? own - hit
            : Math.sqrt(p[direction.row]!) * ((k === direction.row ? 1 : 0) - own)
      gradients[row * CLASSES + k] = value
    })
  })
  const layer = { name: 'out', inWidth: WIDTH, outWidth: CLASSES, positions: 1, inputs, gradients }
  return { count: samples.length, layers: [layer], loss, probability }
}
