import type { NoiseSignal, ReasonCode, ScreeningRules } from '../domain'
import { percent } from './percent'

/** Least share of what word order tells the model on held-out texts that it must tell on a file. */
const LEAST_ORDER = 0.5
/** Robust deviations of log self-influence per byte from which a file is an outlier. */
const OUTLIER_DEVIATIONS = 6
/** Standard deviations in one median absolute deviation of a normal distribution. */
const NORMAL_MAD = 1.4826

/** What scoring measured of a file; `order` is absent where there were no held-out texts to compare with. */
export interface ModelSignal extends NoiseSignal {
  /** How much the order of the words tells the model, 1 where it is as much as on the held-out texts. */
  readonly order?: number
}

export interface NoiseFault {
  readonly reason: ReasonCode
  readonly detail: string
}

/**
 * Which files hold nothing that a model can learn, from what the reference model saw of them.
 * Noise: the model, although trained on the file, predicts it no better than token frequencies do, or hardly better
 * than the same words in random order. Outlier: the file pulls on the model far harder per byte than its peers, the
 * mark of content made to be noticed by attribution.
 */
export function noiseFaults(
  signals: ReadonlyMap<bigint, ModelSignal>,
  rules: ScreeningRules,
): Map<bigint, NoiseFault> {
  const margin = Number(rules.noiseMarginNats)
  const logOf = ({ selfInfluence }: ModelSignal): number =>
    Math.log(Math.max(selfInfluence, Number.MIN_VALUE))
  const logs = [...signals.values()].map(logOf)
  const centre = median(logs)
  const spread = NORMAL_MAD * median(logs.map(log => Math.abs(log - centre)))
  const faults = new Map<bigint, NoiseFault>()
  for (const [id, signal] of signals) {
    const gain = signal.baselinePerByte - signal.lossPerByte
    const deviations = spread > 0 ? (logOf(signal) - centre) / spread : 0
    if (gain < margin) {
      const detail = `the model beats token frequencies by ${gain.toFixed(3)} nats per byte, at least ${margin}`
      faults.set(id, { reason: 'NOISE', detail })
    } else if (signal.order !== undefined && signal.order < LEAST_ORDER) {
      const detail = `word order tells the model ${percent(signal.order)} of what it tells on held-out texts, at least ${percent(LEAST_ORDER)}`
      faults.set(id, { reason: 'NOISE', detail })
    } else if (deviations > OUTLIER_DEVIATIONS) {
      const detail = `self-influence ${deviations.toFixed(1)} robust deviations above the median, at most ${OUTLIER_DEVIATIONS}`
      faults.set(id, { reason: 'OUTLIER', detail })
    }
  }
  return faults
}

function median(values: readonly number[]): number {
  const ordered = [...values].sort((a, b) => a - b)
  const middle = ordered.length >> 1
  const upper = ordered[middle] ?? 0
  return ordered.length % 2 === 1 ? upper : ((ordered[middle - 1] ?? upper) + upper) / 2
}
