import { runtimeVersion } from '@open-datanets/onnx-engine'
import type { ScoringReceipt, ScoringSettings } from '../domain'
import type { CheckpointTask } from './plan'

/** What another operator needs to compute the same numbers. */
export function scoringReceipt({ seed }: ScoringSettings, tasks: readonly CheckpointTask[]): ScoringReceipt {
  return {
    engine: { onnxruntime: runtimeVersion, optimization: 'all', provider: 'cpu' },
    seed,
    checkpoints: [...new Set(tasks.map(({ digest }) => digest))],
  }
}
