import { GradientPass, tensor, type Model, type Samples, type Tensor } from '@open-datanets/onnx-engine'
import type { Matrix } from './scorer'

/** What the baselines see of one checkpoint. */
export interface Seen {
  /** Gradients of all weights of linear layers, a row per sample. */
  readonly gradients: Matrix
  /** What the last linear layer reads, a row per sample; over positions the mean. */
  readonly representation: Matrix
  /** p of the true class. */
  readonly probability: Float64Array | undefined
}

/** One pass for all checkpoints of a model. */
export class BaselinePass {
  static async open(model: Model, direction: 'loss' | 'margin'): Promise<BaselinePass> {
    return new BaselinePass(
      await GradientPass.open(model, {
        loss: { kind: 'cross-entropy' },
        direction,
        want: 'codes',
        weights: 'inputs',
        batch: 100,
        session: {},
      }),
    )
  }

  private constructor(private readonly pass: GradientPass) {}

  /** @param flat parameters in the order of the model's own, float32 */
  weightsOf(flat: ArrayLike<number>, names: readonly string[]): Map<string, Tensor> {
    let at = 0
    return new Map(
      names.map(name => {
        const { dims } = this.pass.parameters.find(parameter => parameter.name === name)!
        const size = dims.reduce((product, dim) => product * dim, 1)
        const data = Float32Array.from({ length: size }, (_, i) => flat[at + i]!)
        at += size
        return [name, { dtype: 'float32', dims, data } satisfies Tensor]
      }),
    )
  }

  async see(samples: Samples, weights?: ReadonlyMap<string, Tensor>): Promise<Seen> {
    const { layers, probability } = await this.pass.run(samples, {
      ...(weights && { weights }),
      keepOutputs: false,
    })
    const n = samples.count
    const width = layers.reduce((sum, { layer }) => sum + layer.inWidth * layer.outWidth, 0)
    const gradients = new Float32Array(n * width)
    let offset = 0
    for (const { layer, positions, inputs, gradients: d } of layers) {
      const { inWidth, outWidth } = layer
      for (let i = 0; i < n; i++)
        for (let p = i * positions; p < (i + 1) * positions; p++)
          for (let o = 0; o < outWidth; o++) {
            const factor = d[p * outWidth + o]!
            if (factor === 0) continue
            const to = i * width + offset + o * inWidth
            for (let a = 0; a < inWidth; a++) gradients[to + a]! += factor * inputs[p * inWidth + a]!
          }
      offset += inWidth * outWidth
    }
    const last = layers.at(-1)!
    const representation = new Float32Array(n * last.layer.inWidth)
    for (let i = 0; i < n; i++)
      for (let p = i * last.positions; p < (i + 1) * last.positions; p++)
        for (let a = 0; a < last.layer.inWidth; a++)
          representation[i * last.layer.inWidth + a]! +=
            last.inputs[p * last.layer.inWidth + a]! / last.positions
    return {
      gradients: { rows: n, columns: width, data: gradients },
      representation: { rows: n, columns: last.layer.inWidth, data: representation },
      probability,
    }
  }

  close(): Promise<void> {
    return this.pass.close()
  }
}

export function labelled(x: Matrix, labels: ArrayLike<number>): Samples {
  return {
    inputs: new Map([['', tensor('float32', [x.rows, x.columns], Float32Array.from(x.data))]]),
    targets: { dtype: 'int64', dims: [x.rows], data: BigInt64Array.from(Array.from(labels, BigInt)) },
    count: x.rows,
  }
}
