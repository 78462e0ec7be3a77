import type { GraphBuilder } from '../../graph/builder'
import type { Value } from '../../graph/value'
import { scalar, tensor } from '../../model/tensor'
import type { Tensor } from '../../model/types'
import { projection } from '../../features/projection'
import type { Projection } from '../options'
import { asPositions, type Batch, samplesFirst } from './samplesFirst'

/** What is projected: the values of one layer. */
export interface ProjectedLayer {
  readonly name: string
  /** [.., width], the axes of the forward value `like.x` before it. */
  readonly x: Value
  /** Its gradient in the product: [.., outWidth], as `like.y`. */
  readonly dy: Value
  readonly like: { readonly x: string; readonly y: string }
  readonly bias: boolean
}

/**
 * Projected gradients of each sample without ever forming the gradient of a weight: (a·P_in)ᵀ(d·P_out), summed over
 * positions. Layers that read the same activations share P_in, that of the first of them.
 */
export class Projector {
  private readonly inputs = new Map<string, { value: Value; width: number }>()

  /** @param narrow what becomes of sides that are no wider than k: taken as they are, or projected like the others */
  constructor(
    private readonly builder: GraphBuilder,
    private readonly options: Projection & { readonly narrow: 'whole' | 'project' },
    private readonly batch: Batch,
  ) {}

  /** [B, entries] */
  feature(layer: ProjectedLayer): { value: Value; entries: number } {
    const left = this.projectedInput(layer)
    const right = this.side(layer.dy, layer, 'out')
    const product = this.builder.matMul(this.builder.transposeLast(left.value), right.value)
    const entries = left.width * right.width
    return { value: this.builder.reshape(product, [0, entries]), entries }
  }

  private projectedInput(layer: ProjectedLayer): { value: Value; width: number } {
    const key = `${layer.x.name}${layer.bias ? ' and 1' : ''}`
    const existing = this.inputs.get(key)
    if (existing) return existing
    const projected = this.side(layer.x, layer, 'in')
    this.inputs.set(key, projected)
    return projected
  }

  private side(x: Value, layer: ProjectedLayer, side: 'in' | 'out'): { value: Value; width: number } {
    const { builder } = this
    const { k, seed, narrow } = this.options
    const bias = side === 'in' && layer.bias
    const like = side === 'in' ? layer.like.x : layer.like.y
    const width = Number(x.dims.at(-1)) + (bias ? 1 : 0)
    if (narrow === 'whole' && width <= k)
      return { value: this.bySample(bias ? withOne(builder, x) : x, width, like), width }
    const dtype = x.dtype === 'float64' ? 'float64' : 'float32'
    const matrix = projection({ seed, layer: layer.name, side }, width, k, dtype)
    const product = builder.matMul(x, builder.constant(bias ? rows(matrix, 0, width - 1) : matrix))
    const value = bias ? builder.add(product, builder.constant(rows(matrix, width - 1, width))) : product
    return { value: this.bySample(value, k, like), width: k }
  }

  /** [B,positions,width], moved after the projection, when there is less to move. */
  private bySample(value: Value, width: number, like: string): Value {
    return asPositions(this.builder, samplesFirst(this.builder, value, like, this.batch), width, this.batch)
  }
}

/** Rows `from` to before `to` of a matrix; one row alone as a vector. */
function rows({ dtype, dims, data }: Tensor, from: number, to: number): Tensor {
  const k = dims[1]!
  const part = (data as Float32Array).slice(from * k, to * k)
  return { dtype, dims: to - from === 1 && from > 0 ? [k] : [to - from, k], data: part }
}

/** A further 1 at the end of the last axis. */
export function withOne(builder: GraphBuilder, x: Value): Value {
  const pads = [...x.dims.map(() => 0), ...x.dims.slice(1).map(() => 0), 1]
  const one = x.dtype === 'float64' ? tensor('float64', [], [1]) : scalar('float32', 1)
  return builder.op('Pad', [x, builder.shapeConstant(pads), builder.constant(one)])
}
