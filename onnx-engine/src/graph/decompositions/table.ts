import type { GraphBuilder } from '../builder'
import type { Value } from '../value'
import { activationDecompositions } from './activations'
import { blockDecompositions } from './blocks'
import { convolutionDecompositions } from './convolution'
import type { Decomposition } from './decomposition'
import { normalizationDecompositions } from './normalization'
import { poolingDecompositions } from './pooling'
import { resize } from './resize'
import { rotaryEmbedding } from './rotary'
import { mean, oneHot } from './variadic'

/**
 * By operator, with its domain where that is not the one of ONNX.
 * @param erf how the error function is computed, for which ONNX Runtime has a float32 kernel only
 */
export const decompositionsWith = (
  erf: (builder: GraphBuilder, x: Value) => Value,
): Readonly<Record<string, Decomposition>> => ({
  ...activationDecompositions(erf),
  ...normalizationDecompositions,
  ...convolutionDecompositions,
  ...poolingDecompositions,
  ...blockDecompositions,
  Resize: resize,
  RotaryEmbedding: rotaryEmbedding,
  Mean: mean,
  OneHot: oneHot,
})
