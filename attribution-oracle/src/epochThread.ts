import { workerData } from 'node:worker_threads'
import { openComputation, openContent, openShards, type ComputingConfig } from './computing'
import type { EpochStages } from './pipeline'
import { computeStages } from './pipeline/computeStages'
import { serveJobs } from './thread/serveJobs'

// The thread that computes epochs, so that the one that serves stays free: no chain, no database, no key.
serveJobs<EpochStages>(async observe => {
  const config = (workerData as { setup: ComputingConfig }).setup
  const content = openContent(config, observe)
  const shards = await openShards(config, content, observe)
  const computation = await openComputation(config, content, shards)
  return {
    jobs: computeStages({ ...computation, observe, onProgress: () => undefined }),
    close: () => shards?.close() ?? Promise.resolve(),
  }
})
