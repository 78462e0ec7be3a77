import { env } from 'onnxruntime-node'
import type { ScoringReceipt, ScoringSettings } from '../domain'
import type { CheckpointTask } from './plan'

/** What another operator needs to compute the same numbers. */
export function scoringReceipt({ seed }: ScoringSettings, tasks: readonly CheckpointTask[]): ScoringReceipt {
  return {
    engine: { onnxruntime: env.versions.node ?? env.versions.common, optimization: 'all', provider: 'cpu' },
    seed,
    checkpoints: tasks.map(({ digest }) => digest),
  }
}
