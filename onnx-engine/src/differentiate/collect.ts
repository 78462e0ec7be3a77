import type { Outputs } from '../session/feeds'
import { dtypes } from '../model/dtypes'
import { elementCount } from '../model/tensor'
import type { Tensor, TensorData } from '../model/types'
import type { PassParameter } from './graph/prepared'

/** Rows that arrive batch by batch, in one array of all samples; made when the first batch shows the width. */
export class Rows {
  data: TensorData | undefined
  width = 0

  constructor(
    private readonly count: number,
    private readonly create: (length: number) => TensorData = length => new Float32Array(length),
  ) {}

  /** Copies the first `rows` of a batch's `size` rows. */
  put(from: number, rows: number, size: number, values: TensorData): void {
    const width = values.length / size
    this.data ??= this.create(this.count * width)
    this.width = width
    ;(this.data as Float32Array).set(values.subarray(0, rows * width) as Float32Array, from * width)
  }
}

/** [n,P,width+1] from [n,P,width], a 1 at the end of each row. */
export function withTrailingOnes(values: Float32Array, width: number): Float32Array {
  const rows = values.length / width
  const widened = new Float32Array(rows * (width + 1)).fill(1)
  for (let row = 0; row < rows; row++)
    widened.set(values.subarray(row * width, (row + 1) * width), row * (width + 1))
  return widened
}

/** Gradients summed over batches in float64, in the order of the batches whichever ends first. */
export class GradientSum {
  private readonly sums: ReadonlyMap<string, Float64Array>
  private readonly early = new Map<number, Outputs>()
  private next = 0

  constructor(
    private readonly parameters: readonly PassParameter[],
    private readonly nameOf: (parameter: string) => string,
  ) {
    this.sums = new Map(parameters.map(({ name, dims }) => [name, new Float64Array(elementCount(dims))]))
  }

  put(index: number, outputs: Outputs): void {
    this.early.set(index, outputs)
    for (let ready = this.early.get(this.next); ready; ready = this.early.get(this.next)) {
      this.early.delete(this.next++)
      this.add(ready)
    }
  }

  tensors(dtype: 'float32' | 'float64'): Map<string, Tensor> {
    return new Map(
      this.parameters.map(({ name, dims }) => {
        const data = dtypes[dtype].create(elementCount(dims)) as Float32Array
        data.set(this.sums.get(name)!)
        return [name, { dtype, dims, data }]
      }),
    )
  }

  private add(outputs: Outputs): void {
    for (const [name, sum] of this.sums) {
      const values = outputs[this.nameOf(name)]!.data as Float32Array
      for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!
    }
  }
}
