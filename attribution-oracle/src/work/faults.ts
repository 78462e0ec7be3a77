import { AttributionOracleError } from '../errors'

export function withdrawn(worker: string, shards: number): AttributionOracleError {
  const what = `${shards} results of worker ${worker} are withdrawn: one of its results was wrong`
  return new AttributionOracleError('WORK_WITHDRAWN', { what }, { worker, shards })
}

export function stopped(): AttributionOracleError {
  return new AttributionOracleError('ABORTED', { what: 'nobody waits for the shard' }, { step: 'shards' })
}
