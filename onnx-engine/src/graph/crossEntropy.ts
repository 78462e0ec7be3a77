import { int } from '../model/attributes'
import { scalar } from '../model/tensor'
import type { GraphBuilder } from './builder'
import type { Value } from './value'

export interface CrossEntropy {
  /** [B,T], zero where the target is ignored. */
  readonly perToken: Value
  /** [B], the sum over the tokens of a sample. */
  readonly perSample: Value
  /** Scalar, the sum over all tokens. */
  readonly total: Value
  /** Scalar of the logits' type, the number of tokens that are not ignored. */
  readonly count: Value
}

/**
 * -log softmax(logits)[target], in nats. Its gradient through `gradients` is softmax minus a scatter, without a one-hot
 * array.
 * @param logits float [B,T,V]
 * @param targets int64 [B,T], in [0,V) or `ignoreIndex`
 */
export function crossEntropy(
  builder: GraphBuilder,
  logits: Value,
  targets: Value,
  ignoreIndex = -1,
): CrossEntropy {
  return crossEntropyOf(builder, builder.logSoftmax(logits), targets, ignoreIndex)
}

/** The same from log-probabilities that are there already. */
export function crossEntropyOf(
  builder: GraphBuilder,
  logProbabilities: Value,
  targets: Value,
  ignoreIndex = -1,
): CrossEntropy {
  const index = (value: number): Value => builder.constant(scalar('int64', value))
  const ignored = builder.op('Equal', [targets, index(ignoreIndex)])
  const safe = builder.where(ignored, index(0), targets)
  const read = builder.op('GatherElements', [logProbabilities, builder.unsqueeze(safe, [-1])], {
    axis: int(-1),
  })
  const counted = builder.cast(builder.op('Not', [ignored]), logProbabilities.dtype)
  const perToken = builder.neg(builder.mul(builder.squeeze(read, [-1]), counted))
  const perSample = builder.reduceSum(perToken, [1])
  return {
    perToken,
    perSample,
    total: builder.reduceSum(perSample, [0]),
    count: builder.reduceSum(counted, [0, 1]),
  }
}
