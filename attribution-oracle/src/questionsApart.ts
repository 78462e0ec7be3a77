import { join } from 'node:path'
import type { ReadingConfig } from './computing'
import type { Observe } from './domain'
import type { EpochQuestions } from './pipeline'
import { JobThread } from './thread'

const ENTRY = join(__dirname, `questionThread${__filename.slice(-3)}`)

/** Long enough for whoever looks around, short enough that a service that nobody asks keeps no epochs in memory. */
const IDLE_MS = 5 * 60_000

/** Questions that are answered on threads of their own, which are started when they are asked. */
export interface QuestionsApart {
  readonly questions: EpochQuestions
  close(): Promise<void>
}

/** Nothing is started yet. Explanations take long, and decisions do not wait behind them. */
export function openQuestions(config: ReadingConfig, observe: Observe): QuestionsApart {
  const setup = settingsOf(config)
  const threadFor = (name: string): JobThread<EpochQuestions> =>
    JobThread.onDemand({ name, entry: ENTRY, setup, observe, idleMs: IDLE_MS })
  const [decisions, explanations] = [threadFor('decisions'), threadFor('explanations')]
  return {
    questions: {
      decision: input => decisions.run('decision', input),
      decisions: input => decisions.run('decisions', input),
      explainContribution: input => explanations.run('explainContribution', input),
      explainAccount: input => explanations.run('explainAccount', input),
    },
    async close() {
      await Promise.all([decisions.close(), explanations.close()])
    },
  }
}

/** Nothing else of a whole configuration: a thread that reads needs no key, no database and no chain. */
function settingsOf(config: ReadingConfig): ReadingConfig {
  const { contentStores, s3AccessKeyId, s3SecretAccessKey } = config
  const { chainId, rewardVault, datanetRegistry, inferencePayments } = config
  return {
    ...{ contentStores, s3AccessKeyId, s3SecretAccessKey },
    ...{ chainId, rewardVault, datanetRegistry, inferencePayments },
  }
}
