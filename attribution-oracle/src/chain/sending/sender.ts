import { setTimeout as sleep } from 'node:timers/promises'
import type { Observe, OracleSigner, Outbox, OutboxEntry } from '../../domain'
import { cancelled, notFinal, reverted, stillWaiting, stopped } from './faults'
import { checkedRules, DEFAULT_FEES, type FeeRules } from './fees'
import { push, tendOrphan, unfinished } from './gaps'
import { open } from './open'
import { lookAt } from './outcome'
import type { Plan, Sending, Sent } from './plan'
import type { SendingChain } from './sendingChain'

export interface SendOptions {
  signal?: AbortSignal
  /** how long one call may wait for its transaction; the next call goes on waiting. Ten minutes when left out. */
  waitMs?: number
  observe?: Observe
  /** asked before anything is signed, and before anything is given to a node; throws when this process may not, or no more */
  permitted?: () => void
  fees?: FeeRules
  /** milliseconds since 1970; the clock of the machine when left out */
  now?: () => number
}

const TEN_MINUTES = 600_000

/**
 * Sends at most one transaction per (epoch, action). Every try is kept in the outbox before it is sent, and every
 * replacement has its nonce, so that a process that dies at any point goes on where it was and never sends a second one.
 * An action is sent anew only when what became of its first transaction is final.
 */
export class Sender {
  private readonly sending: Sending

  constructor(
    chain: SendingChain,
    signer: OracleSigner,
    outbox: Outbox,
    private readonly options: SendOptions = {},
  ) {
    const { observe = () => undefined, permitted = () => undefined } = options
    const { fees = DEFAULT_FEES, now = Date.now } = options
    const rules = checkedRules(fees)
    this.sending = { chain, signer, outbox, rules, observe, permitted, now, given: new Map() }
  }

  get address(): string {
    return this.sending.signer.address
  }

  /**
   * Sends, or goes on with what an earlier run sent, until it is mined.
   * @throws STALE_ACTION, CALL_REVERTED, FEE_TOO_HIGH, BALANCE_TOO_LOW, SIGNER_FAILED, SIGNER_LIED, WRONG_STATE,
   * RPC_FAILED (also when it is not mined in time), ABORTED
   */
  async send(plan: Plan): Promise<Sent> {
    const { outbox } = this.sending
    const { epoch, action } = plan
    await this.tidy(plan)
    const found = await outbox.find(epoch, action)
    if (!found) return this.follow(plan, await open(this.sending, plan))
    const entry = await lookAt(this.sending, found)
    if (entry.state === 'pending') return this.follow(plan, entry)
    if (await this.stands(plan, entry)) return { ...minedOf(entry), sent: false }
    if (!entry.final) throw entry.state === 'reverted' ? reverted(entry) : notFinal(entry, wantedBy(plan))
    // what is put away is known no more: only when something takes its place
    await plan.request()
    await outbox.archive(epoch, action)
    return this.follow(plan, await open(this.sending, plan))
  }

  /**
   * Brings the outbox and the chain together, as after a crash: what was mined, or whose nonce went to another one, is
   * written down; what the mempool or a reorganisation lost is sent again if it still makes sense, and cancelled if not.
   * A service does so from time to time; `send` does it for all other actions of its key.
   * @returns what a reorganisation or the mempool can still change
   */
  async reconcile(): Promise<OutboxEntry[]> {
    const { chain, observe, signer } = this.sending
    const { address } = signer
    await this.tidy()
    const latest = await chain.transactionCount(address, 'latest')
    observe({ kind: 'nonce', address, latest, pending: await chain.transactionCount(address, 'pending') })
    observe({ kind: 'balance', address, wei: await chain.balance(address) })
    return unfinished(this.sending)
  }

  /** @param but what has a plan of its own */
  private async tidy(but?: Plan): Promise<void> {
    for (const entry of await unfinished(this.sending)) {
      if (entry.epoch === but?.epoch && entry.action === but.action) continue
      await tendOrphan(this.sending, entry)
    }
  }

  /** Waits for a pending entry, and moves it on. */
  private async follow(plan: Plan, entry: OutboxEntry): Promise<Sent> {
    const { signal, waitMs = TEN_MINUTES } = this.options
    const { chain, outbox, now } = this.sending
    const start = now()
    for (let current = entry; ;) {
      if (signal?.aborted) throw stopped(current)
      current = await lookAt(this.sending, current)
      if (current.state !== 'pending') return this.concluded(plan, current)
      await push(this.sending, { entry: current, plan })
      if (now() - start >= waitMs) throw stillWaiting(current, waitMs)
      // an abort ends the sleep and is seen at the top of the loop
      await sleep(chain.pollMs, undefined, signal && { signal }).catch(() => undefined)
      current = (await outbox.find(plan.epoch, plan.action)) ?? current
    }
  }

  private async concluded(plan: Plan, entry: OutboxEntry): Promise<Sent> {
    const { chain, outbox, observe } = this.sending
    observe({ kind: 'balance', address: this.address, wei: await chain.balance(this.address) })
    if (entry.state === 'mined' && saysTheSame(plan, entry)) return { ...minedOf(entry), sent: true }
    if (entry.state === 'reverted') throw reverted(entry)
    if (entry.state === 'mined') throw notFinal(entry, wantedBy(plan))
    if (entry.state === 'superseded') {
      await outbox.archive(plan.epoch, plan.action)
      return this.follow(plan, await open(this.sending, plan))
    }
    // the plan knows best why it makes no sense
    await plan.request()
    throw cancelled(entry)
  }

  /** Whether an earlier transaction did what is wanted, for good or as far as the newest block goes. */
  private async stands(plan: Plan, entry: OutboxEntry): Promise<boolean> {
    if (entry.state !== 'mined' || !saysTheSame(plan, entry)) return false
    return !(await plan.undone?.())
  }
}

function saysTheSame({ subject = '' }: Plan, { tries, hash }: OutboxEntry): boolean {
  const mined = tries.find(one => one.hash === hash)!
  return mined.subject === '' || mined.subject === subject
}

const wantedBy = ({ action, subject }: Plan): string => (subject ? `${action} ${subject}` : action)

function minedOf({ hash, receipt }: OutboxEntry): Omit<Sent, 'sent'> {
  const { blockNumber, gasUsed } = receipt!
  return { hash, blockNumber, gasUsed }
}
