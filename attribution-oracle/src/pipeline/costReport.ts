import { formatAmount } from './amountText'
import { readCosts, type CostLine } from './costRecord'
import type { Verifying } from './dependencies'
import { finalPost } from './inputs'

export interface ActionCost {
  action: string
  /** how often it was signed and sent, replacements included */
  attempts: number
  /** of the transaction that was mined last; null while none is */
  hash: string | null
  gasUsed: bigint
  /** wei of the chain's own coin, reverted tries included */
  wei: bigint
}

/** What an epoch cost this operator, and what it paid to contributors. */
export interface CostReport {
  epoch: number
  actions: readonly ActionCost[]
  gasUsed: bigint
  /** wei of the chain's own coin */
  wei: bigint
  /** wei of OPEN that the epoch pays; null while it is not posted */
  paid: bigint | null
  /** a stage that ran again after a restart counts every time */
  stages: readonly { stage: string; items: number; seconds: number }[]
  seconds: number
}

/**
 * Adds up what the record of this operator says of an epoch; what the epoch pays is read from the chain.
 * @param file as it was given to recordCosts
 * @throws RPC_FAILED
 */
export async function costOf(
  { chain, signal }: Pick<Verifying, 'chain' | 'signal'>,
  file: string,
  epoch: number,
): Promise<CostReport> {
  const history = await chain.history((await chain.finalizedBlock()).number, signal)
  const post = history.posts.findLast(
    ({ post: { epoch: own }, status }) => own === epoch && (status === 'final' || status === 'pending'),
  )?.post
  const before = finalPost(history, epoch - 1)?.total ?? 0n
  const lines = (await readCosts(file)).filter(line => line.epoch === epoch)
  const [actions, stages] = [actionsOf(lines), stagesOf(lines)]
  return {
    epoch,
    actions,
    gasUsed: actions.reduce((sum, { gasUsed }) => sum + gasUsed, 0n),
    wei: actions.reduce((sum, { wei }) => sum + wei, 0n),
    paid: post ? post.total - before : null,
    stages,
    seconds: stages.reduce((sum, { seconds }) => sum + seconds, 0),
  }
}

/** A report for a person. */
export function costText({ epoch, actions, gasUsed, wei, paid, stages, seconds }: CostReport): string {
  const sent = actions.map(
    each =>
      `  ${each.action.padEnd(20)} ${String(each.gasUsed).padStart(12)} gas  ${formatAmount(each.wei)} coins, ` +
      `${each.attempts} sent${each.hash === null ? ', none mined' : ''}`,
  )
  const ran = stages.map(
    each => `  ${each.stage.padEnd(20)} ${each.seconds.toFixed(1).padStart(12)} s    ${each.items} items`,
  )
  return [
    `Epoch ${epoch} pays ${paid === null ? 'nothing yet: it is not posted' : `${formatAmount(paid)} OPEN`}`,
    sent.length > 0
      ? `Transactions: ${gasUsed} gas, ${formatAmount(wei)} coins`
      : 'Transactions: none on record',
    ...sent,
    ran.length > 0 ? `Computation: ${seconds.toFixed(1)} s` : 'Computation: none on record',
    ...ran,
  ].join('\n')
}

function actionsOf(lines: readonly CostLine[]): ActionCost[] {
  const actions = new Map<string, ActionCost>()
  const seen = new Set<string>()
  for (const line of lines) {
    if (line.kind !== 'transaction') continue
    const key = `${line.action} ${line.hash} ${line.result}`
    // after a restart the same news may come again
    if (seen.has(key)) continue
    seen.add(key)
    const { action, hash, result, gasUsed = 0n, cost = 0n } = line
    const known = actions.get(action) ?? { action, attempts: 0, hash: null, gasUsed: 0n, wei: 0n }
    actions.set(action, {
      action,
      attempts: known.attempts + (result === 'sent' || result === 'replaced' ? 1 : 0),
      hash: result === 'mined' ? hash : known.hash,
      gasUsed: known.gasUsed + gasUsed,
      wei: known.wei + cost,
    })
  }
  return [...actions.values()].sort((a, b) => (a.action < b.action ? -1 : 1))
}

function stagesOf(lines: readonly CostLine[]): CostReport['stages'] {
  const stages = new Map<string, { stage: string; items: number; seconds: number }>()
  for (const line of lines) {
    if (line.kind !== 'stage') continue
    const { stage, items, seconds } = line
    stages.set(stage, { stage, items, seconds: (stages.get(stage)?.seconds ?? 0) + seconds })
  }
  return [...stages.values()]
}
