import type { Model } from '../../model/types'
import { toFloat64 } from './twin'

/** A model of float64 in operators that ONNX Runtime has in float64; any other model as it is. */
export function withKernels(model: Model): Model {
  const { inputs, outputs } = model.graph
  const isDouble = outputs.some(({ dtype }) => dtype === 'float64')
  return isDouble && inputs.every(({ dtype }) => dtype !== 'float32') ? toFloat64(model) : model
}
