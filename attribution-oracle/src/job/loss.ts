import type { Loss } from '@open-datanets/onnx-engine'
import type { ScoreJob } from './document'

/** The loss that a task is trained with. */
export function lossOf({ task, ignoreIndex }: Pick<ScoreJob, 'task' | 'ignoreIndex'>): Loss {
  if (task === 'regression') return { kind: 'mean-squared-error' }
  if (task === 'binary') return { kind: 'binary-cross-entropy' }
  return { kind: 'cross-entropy', ignoreIndex }
}
