import { OnnxEngineError } from '@open-datanets/onnx-engine'
import { AttributionOracleError, isFault } from '../../errors'

/** Failures of the machine: trying again may help, and another operator would not see them. */
const OF_THE_MACHINE: ReadonlySet<string> = new Set(['THREAD_DIED', 'POOL_CLOSED'])

/**
 * The models that cannot be scored, and why. Graphs and tokenizers come from outside: whatever fails on what they hold
 * costs their own model its place in the epoch, and never stops the epoch.
 */
export class LeftOut {
  readonly reasons: Map<number, string>

  /** @param known what is left out already */
  constructor(
    private readonly signal: AbortSignal | undefined,
    known?: LeftOut,
  ) {
    this.reasons = new Map(known?.reasons)
  }

  hasAll(modelIds: readonly number[]): boolean {
    return modelIds.every(modelId => this.reasons.has(modelId))
  }

  /**
   * Does what these models need; undefined where it fails by their fault, and then they are left out.
   * @throws AttributionOracleError for any other failure
   */
  async unlessBroken<T>(
    modelIds: readonly number[],
    step: string,
    work: () => T | Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await asFault(step, this.signal, work)
    } catch (error) {
      if (!isFault(error, 'SCORING_FAILED') || isOfTheMachine(error.cause)) throw error
      for (const modelId of modelIds) {
        if (!this.reasons.has(modelId)) this.reasons.set(modelId, `${step}: ${error.data.reason}`)
      }
      return undefined
    }
  }
}

/** @throws AttributionOracleError and nothing else: ABORTED, what `work` threw of them, SCORING_FAILED for the rest */
export async function asFault<T>(
  step: string,
  signal: AbortSignal | undefined,
  work: () => T | Promise<T>,
): Promise<T> {
  try {
    signal?.throwIfAborted()
    return await work()
  } catch (cause) {
    if (cause instanceof AttributionOracleError) throw cause
    if (signal?.aborted) {
      throw new AttributionOracleError('ABORTED', { what: `stopped at ${step}` }, { step }, { cause })
    }
    const reason = cause instanceof Error ? cause.message : String(cause)
    const report = { what: `scoring failed at ${step}`, got: reason }
    throw new AttributionOracleError('SCORING_FAILED', report, { step, reason }, { cause })
  }
}

/** Whether trying again may help. */
export function isOfTheMachine(cause: unknown): boolean {
  return cause instanceof OnnxEngineError && OF_THE_MACHINE.has(cause.code)
}
