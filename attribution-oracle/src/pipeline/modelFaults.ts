import type { RegisteredModel } from '../domain'
import type { Computing } from './dependencies'
import { readLineages, type ModelFault } from './models'

/**
 * Reads every registered model as scoring would, and says which ones it would leave out.
 * @throws CONTENT_CORRUPT, CONTENT_UNREADABLE when our own copy is at fault
 */
export async function modelFaults(
  models: readonly RegisteredModel[],
  deps: Pick<Computing, 'content' | 'checkModel'>,
): Promise<Map<number, ModelFault>> {
  const found = new Map<number, ModelFault>()
  for (const datanetId of new Set(models.map(model => model.datanetId))) {
    const { leftOut } = await readLineages({ models }, datanetId, deps)
    for (const [modelId, fault] of leftOut) found.set(modelId, fault)
  }
  return found
}
