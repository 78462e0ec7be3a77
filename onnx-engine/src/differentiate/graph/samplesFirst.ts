import { OnnxEngineError } from '../../errors'
import type { GraphBuilder } from '../../graph/builder'
import { divideDims, formatDims, multiplyDims } from '../../graph/dims'
import type { Value } from '../../graph/value'
import { int64s } from '../../model/tensor'
import type { Dim } from '../../model/types'
import { axisOfSamples } from './batchPlace'

/** The batch of a graph, and where it is in its values. */
export interface Batch {
  readonly dim: Dim
  /** A value that begins with it. */
  readonly of: Value
  /** As `batchPlaces` finds it. */
  readonly places: ReadonlyMap<string, Dim>
}

/**
 * A value with the samples first in memory, on however many axes; as it is where they are there already.
 * @param like the name of a forward value that has the same axes
 * @throws OnnxEngineError UNSUPPORTED_MODEL where the samples cannot be told from positions
 */
export function samplesFirst(builder: GraphBuilder, value: Value, like: string, batch: Batch): Value {
  const leading = value.dims.slice(0, -1)
  const outer = batch.places.get(like) ?? (divides(leading, batch.dim) ? 1 : undefined)
  if (outer === 1 || batch.dim === 1) return value
  const at = outer === undefined ? undefined : axisOfSamples(leading, outer, batch.dim)
  if (outer === undefined || !at) throw untold(value, like, batch.dim)
  if (at.within === 1 && value.dims[at.axis] === batch.dim)
    return builder.transpose(value, inFront(value, at.axis))
  const inner = divideDims(multiplyDims(leading), multiplyDims([outer, batch.dim]))
  if (typeof inner !== 'number') throw untold(value, like, batch.dim)
  const rest = builder.constant(int64s([inner, Number(value.dims.at(-1))]))
  const shape = builder.concat([builder.shapeConstant([-1]), batchSize(builder, batch), rest], 0)
  return builder.transpose(builder.reshape(value, shape), [1, 0, 2, 3])
}

/** [B,positions,width] of a value that has the samples first. */
export function asPositions(builder: GraphBuilder, value: Value, width: number, batch: Batch): Value {
  if (value.dims.length === 3 && value.dims[0] === batch.dim) return value
  const rest = builder.constant(int64s([-1, width]))
  return builder.reshape(value, builder.concat([batchSize(builder, batch), rest], 0))
}

const batchSize = (builder: GraphBuilder, { of }: Batch): Value => builder.slice(builder.shape(of), 0, 1, 0)

const divides = (leading: readonly Dim[], batch: Dim): boolean =>
  leading.length > 0 && divideDims(multiplyDims(leading), batch) !== undefined

const inFront = ({ dims }: Value, axis: number): number[] => [
  axis,
  ...dims.map((_, i) => i).filter(i => i !== axis),
]

const untold = (value: Value, like: string, batch: Dim): OnnxEngineError =>
  new OnnxEngineError('UNSUPPORTED_MODEL', {
    what: `activations "${like}" of a layer`,
    got: formatDims(value.dims),
    expected: `axes of which one is seen to be the samples, ${batch}`,
  })
