import { OnnxEngineError } from '../../errors'
import type { GraphBuilder } from '../../graph/builder'
import { formatDims } from '../../graph/dims'
import type { Value } from '../../graph/value'
import { sampledLabels } from '../../features/sampledLabels'
import { int, string } from '../../model/attributes'
import { scalar, tensor } from '../../model/tensor'
import { type Given, type Objective, type Wanted, unit } from './objective'

const LOWEST = -3e38

/**
 * Cross-entropy over classes at every position, in nats.
 * @param output [B,K], [B,..,K], or [B,K,..] where the class axis is the second
 * @param ignoreIndex positions with this target have neither loss nor gradient
 */
export function classObjective(
  builder: GraphBuilder,
  output: Value,
  o: { readonly classAxis: 'last' | 'second'; readonly ignoreIndex: number; readonly direction: Wanted },
  given: Given,
): Objective {
  const logits = positionsThenClasses(builder, output, o.classAxis)
  const targets = given.targets('int64', logits.dims.slice(0, 2))
  const ignored = builder.op('Equal', [targets, builder.constant(scalar('int64', o.ignoreIndex))])
  const safe = builder.where(ignored, builder.constant(scalar('int64', 0)), targets)
  const index = builder.unsqueeze(safe, [-1])
  const isScored = builder.op('Not', [ignored])
  const counted = builder.unsqueeze(builder.cast(isScored, logits.dtype), [-1])
  const logProbabilities = builder.logSoftmax(logits)
  const read = builder.op('GatherElements', [logProbabilities, index], { axis: int(-1) })
  const loss = builder.neg(builder.reduceSum(builder.mul(read, counted), [1, 2]))
  const parts = { logits, logProbabilities, index, counted }
  const cotangent = o.direction && cotangentOf(builder, o.direction, parts, given)
  return {
    loss,
    scored: builder.reduceSum(builder.cast(isScored, 'int64'), [1]),
    ...(logits.dims[1] === 1 && { margin: marginOf(builder, parts) }),
    of: logits,
    ...(cotangent && { cotangent }),
  }
}

interface Parts {
  /** [B,P,K] */
  readonly logits: Value
  readonly logProbabilities: Value
  /** int64 [B,P,1], the true class; 0 where the position is ignored. */
  readonly index: Value
  /** [B,P,1], 1 where the position is scored. */
  readonly counted: Value
}

function positionsThenClasses(builder: GraphBuilder, output: Value, classAxis: 'last' | 'second'): Value {
  const rank = output.dims.length
  const axes = output.dims.map((_, i) => i)
  const turned =
    classAxis === 'last' || rank < 3 ? output : builder.transpose(output, [0, ...axes.slice(2), 1])
  const classes = turned.dims.at(-1)
  if (rank < 2 || typeof classes !== 'number' || classes < 2)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `classes of output "${output.name}"`,
      got: formatDims(output.dims),
      expected: 'an axis of at least 2 classes whose size is known, for cross-entropy',
    })
  return rank === 3 ? turned : builder.reshape(turned, [0, rank === 2 ? 1 : -1, classes])
}

function cotangentOf(
  builder: GraphBuilder,
  direction: Exclude<Wanted, undefined>,
  { logits, logProbabilities, index, counted }: Parts,
  given: Given,
): Value {
  const probabilities = (): Value => builder.exp(logProbabilities)
  /** sign·(e_label - p) at scored positions. */
  const residual = (p: Value, label: Value, sign: 1 | -1): Value => {
    const [share, one] = sign === 1 ? [builder.neg(counted), counted] : [counted, builder.neg(counted)]
    return builder.op('ScatterElements', [builder.mul(p, share), label, one], {
      axis: int(-1),
      reduction: string('add'),
    })
  }
  if (direction === 'loss') return residual(probabilities(), index, -1)
  if (direction === 'margin') return residual(builder.softmax(othersOf(builder, { logits, index })), index, 1)
  const p = probabilities()
  if (direction === 'sampled') {
    const labels = sampledLabels(builder, p, given.uniforms(logits.dims.slice(0, 2)))
    return residual(p, builder.unsqueeze(labels, [-1]), -1)
  }
  const row = given.row()
  const root = builder.mul(builder.sqrt(builder.gather(p, row, 2)), counted)
  return builder.mul(builder.sub(unit(builder, row, logits.dims[2]!, logits), p), root)
}

/** The logits with the true class out of the way. */
function othersOf(builder: GraphBuilder, { logits, index }: Pick<Parts, 'logits' | 'index'>): Value {
  const lowest = builder.op('ConstantOfShape', [builder.shape(index)], {
    value: { kind: 'tensor', value: tensor(logits.dtype, [1], [LOWEST]) },
  })
  return builder.op('ScatterElements', [logits, index, lowest], { axis: int(-1) })
}

/** log p/(1-p) of the truth without ever forming 1 - p: [B] */
function marginOf(builder: GraphBuilder, { logits, index }: Parts): Value {
  const others = othersOf(builder, { logits, index })
  const highest = builder.reduceMax(others, [2], true)
  const rest = builder.log(builder.reduceSum(builder.exp(builder.sub(others, highest)), [2], true))
  const own = builder.op('GatherElements', [logits, index], { axis: int(-1) })
  return builder.reshape(builder.sub(builder.sub(own, highest), rest), [-1])
}
