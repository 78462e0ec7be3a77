import type { SampleCapture } from '../capture'
import { refused } from './readSettings'

const APART = 1e-3

/**
 * c with ∂loss_i = c_i ∂margin_i for every sample: what turns influence on outputs into influence on losses where no
 * probability does (regression).
 * @throws AttributionOracleError INVALID_ARGUMENT: the loss moves along more than one direction of the outputs
 */
export function lossPulls(margins: SampleCapture, losses: SampleCapture): Float64Array {
  const pulls = new Float64Array(margins.count)
  for (let sample = 0; sample < margins.count; sample++) {
    const { along, square, loss } = overlaps(margins, losses, sample)
    if (square === 0 || loss === 0) continue
    pulls[sample] = along / square
    if (loss - (along * along) / square <= APART * loss) continue
    throw refused(
      'method',
      'dual-margin-ggn for a model with several outputs or positions per sample',
      'one output, or one class decision per sample',
      'use ggn, logra or ek-fac',
    )
  }
  return pulls
}

/** Inner products of a sample's two gradients in the outputs of all layers. */
function overlaps(
  margins: SampleCapture,
  losses: SampleCapture,
  sample: number,
): { along: number; square: number; loss: number } {
  let along = 0
  let square = 0
  let loss = 0
  margins.layers.forEach((layer, index) => {
    const size = layer.positions * layer.outWidth
    const other = losses.layers[index]!.gradients
    for (let at = sample * size; at < (sample + 1) * size; at++) {
      const [m, l] = [layer.gradients[at]!, other[at]!]
      along += m * l
      square += m * m
      loss += l * l
    }
  })
  return { along, square, loss }
}
