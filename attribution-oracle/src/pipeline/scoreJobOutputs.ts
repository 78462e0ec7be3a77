import { AttributionOracleError } from '../errors'
import type { JobOutputs, LoadedJob } from '../job'
import type { ScoreMatrix } from '../scoring/capture'
import { estimateValues, groupValues, type ValueEstimate } from '../scoring/methods'
import type { Answer } from './scoreJobExact'

type Output = { shape: readonly number[]; data: Float64Array }

/**
 * The arrays of an answer by the end of their file's name, float64:
 *
 *   ''             [n_train, n_query], or [n_train] for question "self" and for values without pairs
 *   values         [n_train], with values.lower and values.error: 95 % lower bound, standard error
 *   groups         [groups] sums, or [groups, n_query] for question "usage"; with groups.lower, groups.error for values
 * @throws SCORING_FAILED for a number that is not finite
 */
export function outputsOf({ groups }: LoadedJob, { scores, values, self }: Answer): JobOutputs {
  const outputs = new Map<string, Output>()
  if (scores) outputs.set('', { shape: [scores.rows, scores.columns], data: scores.data })
  else outputs.set('', vector(self ?? values!.values))
  if (values) addEstimate(outputs, 'values', values)
  if (groups) {
    const { of, count } = groups
    if (values) addEstimate(outputs, 'groups', estimateValues(groupValues(values.perCheckpoint, of, count)))
    else if (self)
      outputs.set('groups', vector(groupValues([{ run: 0, values: self }], of, count)[0]!.values))
    else outputs.set('groups', summed(scores!, of, count))
  }
  for (const [end, { data }] of outputs) checkFinite(end === '' ? 'scores' : end, data)
  return outputs
}

/** The error of one checkpoint is not known, so no file says what it is. */
function addEstimate(outputs: Map<string, Output>, end: string, estimate: ValueEstimate): void {
  outputs.set(end, vector(estimate.values))
  outputs.set(`${end}.lower`, vector(estimate.lower))
  if (estimate.spread !== 'none') outputs.set(`${end}.error`, vector(estimate.standardErrors))
}

const vector = (data: Float64Array): Output => ({ shape: [data.length], data })

function summed({ rows, columns, data }: ScoreMatrix, of: ArrayLike<number>, count: number): Output {
  const sums = new Float64Array(count * columns)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      sums[of[row]! * columns + column]! += data[row * columns + column]!
  return { shape: [count, columns], data: sums }
}

function checkFinite(name: string, data: Float64Array): void {
  const bad = data.findIndex(value => !Number.isFinite(value))
  if (bad < 0) return
  throw new AttributionOracleError(
    'SCORING_FAILED',
    {
      what: `The ${name} contain ${data[bad]}`,
      fix: 'try a larger damping; look for weights or inputs of extreme size',
    },
    { step: name, reason: `${data[bad]} at position ${bad}` },
  )
}
