import { GraphBuilder } from '../../graph/builder'
import { roleOf, type Role } from '../../differentiate/graph/roles'
import type { PassParameter } from '../../differentiate/graph/prepared'
import { elementCount } from '../../model/tensor'
import type { Model, Tensor } from '../../model/types'
import { counterBytes } from '../../random/counterStream'

/** Draws first states of a model as PyTorch's layers draw theirs. */
export class InitialState {
  private readonly roles: readonly Role[]
  readonly size: number

  /** @param deviation of matrices and tables, which are then normal whatever their role */
  constructor(
    private readonly forward: Model,
    private readonly parameters: readonly PassParameter[],
    private readonly deviation?: number,
  ) {
    const builder = GraphBuilder.from(forward.graph, { opset: forward.opset })
    this.roles = parameters.map(({ name }) => roleOf(builder, name))
    this.size = parameters.reduce((sum, { dims }) => sum + elementCount(dims), 0)
  }

  /**
   * U(±1/√fanIn) for linear and convolution weights and biases, N(0,1) for embeddings, 1 and 0 for normalisations; where
   * the graph does not tell what a parameter does, normal of the deviation that it has in the model.
   * @returns packed, [P]; every parameter has a stream of its own
   */
  draw(seed: string): Float32Array {
    const packed = new Float32Array(this.size)
    let offset = 0
    this.parameters.forEach(({ name, dims }, i) => {
      const length = elementCount(dims)
      this.fill(packed.subarray(offset, offset + length), name, dims.length, this.roles[i]!, seed)
      offset += length
    })
    return packed
  }

  private fill(values: Float32Array, name: string, rank: number, role: Role, seed: string): void {
    if (role.kind === 'scale' || role.kind === 'shift') {
      values.fill(role.kind === 'scale' ? 1 : 0)
      return
    }
    const random = counterBytes(seed, 'initial', name)
    if (role.kind === 'uniform' && !(this.deviation !== undefined && rank > 1)) {
      const bound = 1 / Math.sqrt(role.fanIn)
      for (let i = 0; i < values.length; i++) values[i] = bound * (2 * random.uniform() - 1)
      return
    }
    const own = role.kind === 'table' ? 1 : deviationOf(this.forward.graph.initializers.get(name)!)
    const deviation = rank > 1 ? (this.deviation ?? own) : own
    for (let i = 0; i < values.length; i++) values[i] = deviation * random.normal()
  }
}

function deviationOf({ data }: Tensor): number {
  let squares = 0
  for (const value of data as Float32Array) squares += value * value
  return Math.sqrt(squares / Math.max(1, data.length))
}
