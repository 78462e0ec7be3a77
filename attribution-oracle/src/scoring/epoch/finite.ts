import type { Outputs } from '@open-datanets/onnx-engine'
import { AttributionOracleError } from '../../errors'

/**
 * A float32 output of which every number is finite. Checked here, where a model's numbers come in: finite float32
 * numbers stay finite in all the float64 arithmetic that follows, and one NaN would spread over a whole pool.
 * @throws AttributionOracleError SCORING_FAILED
 */
export function finiteOutput(outputs: Outputs, name: 'features' | 'loss'): Float32Array {
  const data = outputs[name]?.data as Float32Array
  const broken = data.find(value => !Number.isFinite(value))
  if (broken === undefined) return data
  const reason = `the model gives ${name} that are not finite: ${broken}`
  throw new AttributionOracleError('SCORING_FAILED', { what: reason }, { step: name, reason })
}
