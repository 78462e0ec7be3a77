import type { OutboxEntry } from '../../domain'
import { nonceFault } from './faults'
import { firstFees } from './fees'
import { unfinished } from './gaps'
import type { Plan, Sending } from './plan'
import { callFor, sign } from './sign'
import { give } from './tend'

const BY_HALF = 50
/** A node that counts more transactions of ours than that in its mempool is wrong, and a gap would be dear to fill. */
const LARGEST_GAP = 16
/** Two actions of one key may be planned at the same time. */
const RACES = 3

/** Signs the first try of a plan, keeps it, and sends it. @throws what the plan, the rules and the signer throw */
export async function open(sending: Sending, plan: Plan): Promise<OutboxEntry> {
  const { chain, signer, outbox, rules } = sending
  const { epoch, action, subject = '' } = plan
  const { address: sender } = signer
  for (let race = 0; race < RACES; race++) {
    const nonce = await nextNonce(sending)
    const fees = firstFees(rules, await chain.market(rules.priorityFeePercentile ?? BY_HALF))
    const call = await callFor(await plan.request())
    const first = await sign(sending, { nonce, attempt: 1, kind: 'action', subject, call, fees })
    if (!(await outbox.record({ epoch, action, sender, nonce, first }))) continue
    const entry = (await outbox.find(epoch, action))!
    await give(sending, entry, 'sent')
    return entry
  }
  throw nonceFault(sender, 'a nonce that the outbox gave away before', 'one that is free')
}

/** Behind everything that is mined, in the mempool or in the outbox. */
async function nextNonce(sending: Sending): Promise<number> {
  const { chain, signer, observe } = sending
  const { address } = signer
  const latest = await chain.transactionCount(address, 'latest')
  const pending = await chain.transactionCount(address, 'pending')
  observe({ kind: 'nonce', address, latest, pending })
  const own = (await unfinished(sending)).map(({ nonce }) => nonce + 1)
  const known = Math.max(latest, ...own)
  if (pending > known + LARGEST_GAP)
    throw nonceFault(address, `${pending} with the mempool`, `about ${known}, as mined or signed`)
  return Math.max(known, pending)
}
