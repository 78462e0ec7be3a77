import { Counter, Gauge, Histogram } from 'prom-client'
import { STAGE_BUCKETS, type OpenCollector } from './collector'
import { BoundedLabel, digestLabel, hostLabel } from './labels'

/** Models that have a time series at once; the one that was heard of longest ago gives way. */
const MODELS = 64

/** What is computed, here and by workers. */
export const openComputation: OpenCollector = registry => {
  const registers = [registry]
  const stages = new BoundedLabel(24)
  const items = new Counter({
    name: 'oracle_scoring_items_total',
    help: 'Items that the stages of epochs worked off.',
    labelNames: ['stage'],
    registers,
  })
  const seconds = new Histogram({
    name: 'oracle_scoring_seconds',
    help: 'Duration of the stages of epochs.',
    labelNames: ['stage'],
    buckets: STAGE_BUCKETS,
    registers,
  })
  const leaves = new Gauge({
    name: 'oracle_leaves',
    help: 'Accounts in the ledger tree that was built last.',
    registers,
  })
  const build = new Histogram({
    name: 'oracle_tree_build_seconds',
    help: 'Duration of building the trees of an epoch.',
    buckets: STAGE_BUCKETS,
    registers,
  })
  const model = new Gauge({
    name: 'oracle_model_info',
    help: 'Models that take part, with the digest of their artifact.',
    labelNames: ['model', 'hash'],
    registers,
  })
  const shards = new Counter({
    name: 'oracle_shards_total',
    help: 'Shards of scoring that came back from workers: done, done again to check, lost, or found false.',
    labelNames: ['result'],
    registers,
  })
  const shardItems = new Counter({
    name: 'oracle_shard_items_total',
    help: 'Items in these shards.',
    labelNames: ['result'],
    registers,
  })
  const shardSeconds = new Histogram({
    name: 'oracle_shard_seconds',
    help: 'Duration of a shard at its worker.',
    buckets: STAGE_BUCKETS,
    registers,
  })
  const workers = new Counter({
    name: 'oracle_workers_total',
    help: 'Workers that joined, and that were quarantined because a result of theirs was false.',
    labelNames: ['state'],
    registers,
  })
  const queue = new Gauge({
    name: 'oracle_queue_up',
    help: 'Whether the NATS server that shards travel through is connected: 1, or 0 while it is not.',
    labelNames: ['queue'],
    registers,
  })
  const alone = new Gauge({
    name: 'oracle_scoring_alone',
    help: 'Whether shards are computed in this process because no worker answers: 1, or 0.',
    registers,
  })
  const queues = new BoundedLabel(4, hostLabel)
  // a series that begins at 1 would never be seen to increase
  for (const result of ['done', 'checked', 'lost', 'lied']) shards.inc({ result }, 0)
  for (const state of ['joined', 'quarantined']) workers.inc({ state }, 0)
  const models = new Map<number, string>()
  return {
    name: 'computation',
    on: {
      stage: ({ stage, items: done, seconds: taken }) => {
        const label = { stage: stages.of(stage) }
        items.inc(label, done)
        seconds.observe(label, taken)
      },
      tree: ({ leaves: count, seconds: taken }) => {
        leaves.set(count)
        build.observe(taken)
      },
      model: ({ modelId, digest }) => {
        const oldest = models.has(modelId) || models.size < MODELS ? modelId : models.keys().next().value!
        const known = models.get(oldest)
        if (known !== undefined) model.remove({ model: String(oldest), hash: known })
        models.delete(oldest)
        models.set(modelId, digestLabel(digest))
        model.set({ model: String(modelId), hash: digestLabel(digest) }, 1)
      },
      shard: ({ result, items: done, seconds: taken }) => {
        shards.inc({ result })
        shardItems.inc({ result }, done)
        shardSeconds.observe(taken)
      },
      worker: ({ state }) => workers.inc({ state }),
      queue: ({ queue: host, up }) => queue.set({ queue: queues.of(host) }, up ? 1 : 0),
      alone: ({ alone: now }) => alone.set(now ? 1 : 0),
    },
  }
}
