import type { OutboxEntry } from '../../domain'
import { firstFees } from './fees'
import { lookAt } from './outcome'
import type { Sending, Task } from './plan'
import { newestOf, nothingFor, senderOf, sign } from './sign'
import { expectOwn, give, storedPlan, tend } from './tend'

const BY_HALF = 50

/**
 * Moves a pending entry on. When the chain has not come to its nonce, something before it is stuck: another entry, which
 * is tended first, or a nonce that nobody uses.
 * @throws what tend throws; WRONG_STATE for an entry of another key
 */
export async function push(sending: Sending, task: Task): Promise<void> {
  const { entry } = task
  const sender = senderOf(entry)
  const latest = await sending.chain.transactionCount(sender, 'latest')
  // its nonce is used: lookAt says by whom
  if (latest > entry.nonce) return
  expectOwn(sending, entry, sender)
  if (latest < entry.nonce) await closeGaps(sending, entry, latest)
  await tend(sending, task, latest)
}

/** Entries of this key that the chain has not decided for good. */
export async function unfinished({ outbox, signer }: Sending): Promise<OutboxEntry[]> {
  return (await outbox.unfinished()).filter(entry => senderOf(entry) === signer.address)
}

async function closeGaps(sending: Sending, entry: OutboxEntry, latest: number): Promise<void> {
  const { chain, signer, rules, now, observe } = sending
  const { address } = signer
  const own = new Map((await unfinished(sending)).map(other => [other.nonce, other]))
  const pending = await chain.transactionCount(address, 'pending')
  observe({ kind: 'nonce', address, latest, pending })
  const late = now() - newestOf(entry).signedAt >= rules.bumpAfterMs
  for (let nonce = latest; nonce < entry.nonce; nonce++) {
    const before = own.get(nonce)
    if (before) await tendOrphan(sending, before, latest)
    else if (late && pending <= nonce) await fill(sending, nonce, entry.epoch)
  }
}

/** Tends an entry whose planner may be gone, by what is signed. */
export async function tendOrphan(sending: Sending, entry: OutboxEntry, latest: number): Promise<void> {
  const seen = await lookAt(sending, entry)
  if (seen.state !== 'pending') return
  await tend(sending, { entry: seen, plan: storedPlan(sending, seen) }, latest)
}

/** Uses up a nonce that nobody's transaction has, so that those behind it can be mined. */
async function fill(sending: Sending, nonce: number, epoch: number): Promise<void> {
  const { chain, signer, outbox, rules } = sending
  const { address: sender } = signer
  const action = `fill nonce ${nonce}`
  const fees = firstFees(rules, await chain.market(rules.priorityFeePercentile ?? BY_HALF))
  const call = nothingFor(sender)
  const draft = { nonce, attempt: 1, kind: 'cancellation' as const, subject: '', call, fees }
  const first = await sign(sending, draft)
  if (!(await outbox.record({ epoch, action, sender, nonce, first }))) return
  const entry = await outbox.find(epoch, action)
  if (entry) await give(sending, entry, 'sent')
}
