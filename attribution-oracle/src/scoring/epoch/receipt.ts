import { runtimeVersion } from '@open-datanets/onnx-engine'
import { type ScoringReceipt, type ScoringSettings, sha256 } from '../../domain'
import type { CheckpointTask } from './plan'

/** What another operator needs to compute the same numbers. */
export function scoringReceipt(
  { seed }: ScoringSettings,
  tasks: readonly CheckpointTask[],
  codes: Uint8Array | undefined,
): ScoringReceipt {
  return {
    engine: { onnxruntime: runtimeVersion, optimization: 'all', provider: 'cpu' },
    seed,
    checkpoints: [...new Set(tasks.map(({ digest }) => digest))],
    ...(codes && { codes: sha256(codes) }),
  }
}
