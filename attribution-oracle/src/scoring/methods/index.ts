import type { Method, MethodName } from '../capture'
import { closedForm } from './closedForm'
import { dualMarginGgn } from './dualMarginGgn'
import { ekFac } from './ekFac'
import { ggn } from './ggn'
import { logra } from './logra'
import { refused } from './readSettings'
import { selfInfluence } from './selfInfluence'

/** Every method that scores from captures; spans and the hybrid read texts and live with them. */
export const METHODS: readonly Method[] = [dualMarginGgn, logra, ggn, ekFac, closedForm, selfInfluence]

/** @throws AttributionOracleError INVALID_ARGUMENT */
export function methodNamed(name: MethodName): Method {
  const found = METHODS.find(method => method.name === name)
  if (found) return found
  throw refused('method', name, `one of ${METHODS.map(method => method.name).join(', ')}`)
}

export { closedForm, dualMarginGgn, ekFac, ggn, logra, selfInfluence }
export { columnSpreads, combineUsage, UsageTotal } from './combine'
export { estimateValues, groupValues } from './value'
export type { CheckpointValues, ValueEstimate } from './value'
