import type { OutboxEntry, OutboxTry } from '../../domain'
import { AttributionOracleError, isFault } from '../../errors'
import { bumpedFees, type FeeRules, type Fees } from './fees'
import { lookAt, report } from './outcome'
import type { Plan, Sending, Task } from './plan'
import type { Call } from './sendingChain'
import { callFor, callOf, feesOf, newestOf, nothingFor, sign, tooLittle } from './sign'

/** An entry on which nothing new could be done is looked at again this often within the time that a try has. */
const LOOKS = 10

const BY_HALF = 50

/** What to do with an entry now. */
interface Look {
  /** whether the mempool has the newest try */
  held: boolean
  /** whether the newest try had its time */
  late: boolean
  /** whether the chain has come to its nonce */
  next: boolean
}

/**
 * Sends a pending entry again when that is due, after another look at whether it still makes sense: the same bytes when
 * the mempool lost them, a replacement at the same nonce when they waited too long or say something else than is wanted
 * now, and a cancellation at the same nonce when nothing is wanted any more.
 * @param latest how many transactions of the account are mined: not more than the nonce of the entry
 */
export async function tend(sending: Sending, task: Task, latest: number): Promise<void> {
  const { chain, rules, now } = sending
  const { entry, plan } = task
  const newest = newestOf(entry)
  const look: Look = {
    held: await chain.holds(newest.hash),
    late: isLate(newest, rules, now()),
    next: latest === entry.nonce,
  }
  const other = saysOther(plan, newest)
  if (!isDue(sending, newest, look, other)) return
  await move(sending, task, look, other)
  sending.given.set(newest.hash, now())
}

/** A clock that was put back must not keep a try waiting for ever. */
export function isLate({ signedAt }: OutboxTry, { bumpAfterMs }: FeeRules, now: number): boolean {
  return now < signedAt || now - signedAt >= bumpAfterMs
}

async function move(sending: Sending, { entry, plan }: Task, look: Look, other: boolean): Promise<void> {
  const newest = newestOf(entry)
  if (newest.kind === 'cancellation') return pushCancellation(sending, entry, look)
  const call = await wantedCall(sending, { entry, plan })
  if (call === undefined) return cancel(sending, entry, look)
  const outdated = other || !(await stands(sending, newest, call))
  if (!outdated && !(look.late && look.next)) return give(sending, entry)
  const next = await replacement(sending, entry, 'action', plan.subject ?? newest.subject, call, look)
  if (next) await replace(sending, entry, next)
  else if (outdated) await cancel(sending, entry, look)
  else if (!look.held) await give(sending, entry)
}

/** A plan for what is signed already, where nobody is at hand who planned it. */
export function storedPlan({ chain, signer }: Sending, { epoch, action, tries }: OutboxEntry): Plan {
  const newest = tries.findLast(({ kind }) => kind === 'action') ?? tries[0]!
  return {
    ...{ epoch, action, subject: newest.subject },
    async request() {
      const call = callOf(newest)
      await chain.simulate(signer.address, call)
      return call
    },
  }
}

/** Gives the newest try to the node. `result` is told when it was signed just now. */
export async function give(
  sending: Sending,
  entry: OutboxEntry,
  result?: 'sent' | 'replaced',
): Promise<void> {
  const { hash, raw } = newestOf(entry)
  sending.permitted()
  const answer = await sending.chain.broadcast(raw)
  sending.given.set(hash, sending.now())
  if (answer === 'taken') {
    if (result) report(sending, entry, result)
    return
  }
  report(sending, entry, 'refused')
  if (answer !== 'noFunds') return
  const { address } = sending.signer
  throw tooLittle(address, await sending.chain.balance(address))
}

function isDue({ given, rules, now }: Sending, { hash }: OutboxTry, look: Look, other: boolean): boolean {
  if (other) return true
  if (look.held && !(look.late && look.next)) return false
  const last = given.get(hash)
  return last === undefined || now() - last >= rules.bumpAfterMs / LOOKS
}

function saysOther({ subject = '' }: Plan, newest: OutboxTry): boolean {
  return newest.kind === 'action' && newest.subject !== '' && subject !== newest.subject
}

/** @returns undefined when the action became pointless */
async function wantedCall({ chain, signer }: Sending, { plan, entry }: Task): Promise<Call | undefined> {
  try {
    return await callFor(await plan.request())
  } catch (fault) {
    if (isFault(fault, 'STALE_ACTION') || isFault(fault, 'CALL_REVERTED')) return undefined
    // the plan lacks what it had, the words of other operators for example: what was signed has them
    const lacking = isFault(fault, 'WRONG_STATE') || isFault(fault, 'INVALID_ARGUMENT')
    if (!lacking || saysOther(plan, newestOf(entry))) throw fault
    const call = callOf(newestOf(entry))
    return (await accepted(chain.simulate(signer.address, call))) ? call : undefined
  }
}

/** Whether what was signed does what is wanted: it is that, or the chain would take it as well. */
async function stands({ chain, signer }: Sending, newest: OutboxTry, wanted: Call): Promise<boolean> {
  const signed = callOf(newest)
  const same = signed.data === wanted.data && signed.to.toLowerCase() === wanted.to.toLowerCase()
  if (same && signed.value === wanted.value) return true
  return accepted(chain.simulate(signer.address, signed))
}

async function accepted(simulation: Promise<void>): Promise<boolean> {
  try {
    await simulation
    return true
  } catch (fault) {
    if (isFault(fault, 'CALL_REVERTED')) return false
    throw fault
  }
}

async function cancel(sending: Sending, entry: OutboxEntry, look: Look): Promise<void> {
  // pointless because it is mined by now: then there is nothing to cancel
  if ((await lookAt(sending, entry)).state !== 'pending') return
  const call = nothingFor(sending.signer.address)
  const next = await replacement(sending, entry, 'cancellation', '', call, look)
  if (next) await replace(sending, entry, next)
}

async function pushCancellation(sending: Sending, entry: OutboxEntry, look: Look): Promise<void> {
  const call = nothingFor(sending.signer.address)
  const late = look.late && look.next
  const next = late ? await replacement(sending, entry, 'cancellation', '', call, look) : undefined
  if (next) await replace(sending, entry, next)
  else if (!look.held) await give(sending, entry)
}

/** @returns undefined when the cap, or the number of attempts, is reached */
async function replacement(
  sending: Sending,
  entry: OutboxEntry,
  kind: OutboxTry['kind'],
  subject: string,
  call: Call,
  { held }: Look,
): Promise<OutboxTry | undefined> {
  const { chain, rules } = sending
  const { nonce, tries } = entry
  if (tries.filter(one => one.kind === kind).length >= rules.attempts) return undefined
  const market = await chain.market(rules.priorityFeePercentile ?? BY_HALF)
  const last = feesOf(newestOf(entry))
  const fees = bumpedFees(rules, market, last) ?? unopposed(kind, held, rules.maxFeePerGas, last)
  if (!fees) return undefined
  const draft = { nonce, attempt: tries.length + 1, kind, subject, call, fees }
  return sign(sending, draft).catch((fault: unknown) => {
    // pointless since a moment ago: the next look cancels it
    if (kind === 'action' && isFault(fault, 'CALL_REVERTED')) return undefined
    throw fault
  })
}

/** A mempool that holds nothing of ours takes a cancellation at the cap, which replaces nothing. */
function unopposed(kind: OutboxTry['kind'], held: boolean, cap: bigint, last: Fees): Fees | undefined {
  if (kind !== 'cancellation' || held) return undefined
  return { maxFeePerGas: cap, maxPriorityFeePerGas: last.maxPriorityFeePerGas }
}

/** Kept first, sent after. */
async function replace(sending: Sending, entry: OutboxEntry, next: OutboxTry): Promise<void> {
  if (!(await sending.outbox.retry(entry.epoch, entry.action, next))) return
  await give(sending, { ...entry, tries: [...entry.tries, next], hash: next.hash }, 'replaced')
}

/** A nonce of another key cannot be replaced, only waited for. @throws WRONG_STATE */
export function expectOwn({ signer }: Sending, { epoch, action }: OutboxEntry, sender: string): void {
  if (sender === signer.address) return
  throw new AttributionOracleError(
    'WRONG_STATE',
    {
      what: `Epoch ${epoch} has a transaction "${action}" of another key, which may still be mined`,
      got: sender,
      expected: signer.address,
      fix: 'run with that key until the transaction is mined or cancelled',
    },
    { epoch, got: sender, expected: signer.address },
  )
}
