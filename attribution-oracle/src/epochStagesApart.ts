import { join } from 'node:path'
import type { ComputingConfig } from './computing'
import type { Observe } from './domain'
import type { EpochStages } from './pipeline'
import { JobThread } from './thread'

const ENTRY = join(__dirname, `epochThread${__filename.slice(-3)}`)

/** The stages of epochs on a thread of their own. */
export interface StagesApart {
  readonly stages: EpochStages
  /** @throws what the settings of scoring and content are wrong by, THREAD_DIED */
  ready(): Promise<void>
  close(): Promise<void>
}

/** Starts the thread; it loads while the caller goes on. */
export function startStages(config: ComputingConfig, observe: Observe): StagesApart {
  const thread = JobThread.start<EpochStages>({
    name: 'epochs',
    entry: ENTRY,
    setup: settingsOf(config),
    observe,
  })
  return {
    stages: {
      unpaid: (input, options) => thread.run('unpaid', input, options),
      score: (input, options) => thread.run('score', input, options),
      settle: (input, options) => thread.run('settle', input, options),
      evidence: (input, options) => thread.run('evidence', input, options),
      compare: (input, options) => thread.run('compare', input, options),
      published: (input, options) => thread.run('published', input, options),
      answer: (input, options) => thread.run('answer', input, options),
    },
    ready: () => thread.ready(),
    close: () => thread.close(),
  }
}

/** Nothing else of a whole configuration: a thread that computes needs no key, no database and no chain. */
function settingsOf(config: ComputingConfig): ComputingConfig {
  const { contentStores, s3AccessKeyId, s3SecretAccessKey, publishFolder, queueName } = config
  const { natsUrl, natsCredentials, natsCa } = config
  const { workers, workerCheckShare, workerPatienceMs, workerSilenceMs } = config
  const { chainId, rewardVault, datanetRegistry, inferencePayments } = config
  return {
    ...{ contentStores, s3AccessKeyId, s3SecretAccessKey, publishFolder },
    ...{ natsUrl, natsCredentials, natsCa, ...(queueName !== undefined && { queueName }) },
    ...{ workers, workerCheckShare, workerPatienceMs, workerSilenceMs },
    ...{ chainId, rewardVault, datanetRegistry, inferencePayments },
  }
}
