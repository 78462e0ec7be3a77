import type { OutboxEntry, OutboxOutcome, OutboxTry, TransactionResult } from '../../domain'
import type { Sending } from './plan'
import type { MinedTransaction, SendingChain } from './sendingChain'
import { newestOf, senderOf } from './sign'

const PENDING: OutboxOutcome = { state: 'pending', final: false, receipt: undefined }
const SUPERSEDED: OutboxOutcome = { state: 'superseded', final: true, receipt: undefined }

/** Asks the chain what became of an entry, and writes down what changed. */
export async function lookAt(sending: Sending, entry: OutboxEntry): Promise<OutboxEntry> {
  if (entry.final) return entry
  const outcome = await outcomeOf(sending, entry)
  if (outcome.state === entry.state && outcome.final === entry.final) return entry
  await sending.outbox.resolve(entry.epoch, entry.action, outcome)
  const seen = { ...entry, ...outcome, hash: outcome.receipt?.hash ?? entry.hash }
  if (seen.state !== entry.state && seen.state !== 'pending') report(sending, seen, seen.state)
  return seen
}

/**
 * What can be said of an entry for sure. A nonce counts as somebody else's only when that is final and none of our tries
 * is mined: until then a reorganisation, or a node that lags behind, could still bring ours.
 */
async function outcomeOf({ chain }: Sending, entry: OutboxEntry): Promise<OutboxOutcome> {
  const found = await minedTry(chain, entry)
  if (found) return decided(chain, found)
  if ((await chain.transactionCount(senderOf(entry), 'finalized')) <= entry.nonce) return PENDING
  // it may have been mined, and become final, between the two questions
  const late = await minedTry(chain, entry)
  return late ? decided(chain, late) : SUPERSEDED
}

async function minedTry(
  chain: SendingChain,
  { tries }: OutboxEntry,
): Promise<{ mined: MinedTransaction; kind: OutboxTry['kind'] } | undefined> {
  const answers = await Promise.all(tries.map(({ hash }) => chain.mined(hash)))
  const index = answers.findIndex(answer => answer !== undefined)
  return index < 0 ? undefined : { mined: answers[index]!, kind: tries[index]!.kind }
}

async function decided(
  chain: SendingChain,
  { mined, kind }: { mined: MinedTransaction; kind: OutboxTry['kind'] },
): Promise<OutboxOutcome> {
  const { succeeded, ...receipt } = mined
  const state = kind === 'cancellation' ? 'cancelled' : succeeded ? 'mined' : 'reverted'
  return { state, final: mined.blockNumber <= (await chain.finalizedBlock()), receipt }
}

/** Tells whoever listens what became of an entry, or of its newest try. */
export function report({ observe, now }: Sending, entry: OutboxEntry, result: TransactionResult): void {
  const { epoch, action, nonce, tries, receipt, hash } = entry
  const attempt = tries.find(one => one.hash === hash) ?? newestOf(entry)
  observe({
    kind: 'transaction',
    ...{ epoch, action, nonce, attempt: attempt.attempt, hash, result },
    seconds: Math.max(0, now() - tries[0]!.signedAt) / 1000,
    ...(receipt && { gasUsed: receipt.gasUsed, cost: receipt.cost }),
  })
}
