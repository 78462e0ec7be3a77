import { pendingHash } from '../chain'
import type { Challenge, PageDemand, PostRecord } from '../domain'
import { isFault } from '../errors'
import { demandedPage } from '../pipeline'
import { pendingRecord, postingKey, type Round } from './round'
import { placeOf } from './turns'

/**
 * Strikes down a pending post that our computation contradicts: with the smallest proof where there is one, else by
 * demanding the pages that were not published and by rejecting the post when they are not shown in time. Without a key, or
 * without `challenge`, the command that would do it is told.
 */
export async function strike(round: Round): Promise<void> {
  const { deps, memory, history } = round
  const record = pendingRecord(history)
  const finding = record && memory.findings.get(postingKey(record))
  if (!record || !finding || finding.agrees) return
  const { post, signers } = record
  const now = await deps.oracle.now()
  if (now.pending?.hash !== pendingHash(post, signers)) return
  const { challenge, demands } = finding
  if (challenge) await challengeOnce(round, record, challenge)
  else if (demands.length > 0) for (const demand of demands) await demandPage(round, record, demand, now.time)
  else tellUnprovable(round, record)
}

async function challengeOnce(round: Round, record: PostRecord, challenge: Challenge): Promise<void> {
  const { deps, options } = round
  const { post, signers } = record
  if (!(await mayStrike(round, record, challenge.kind))) return
  await deps.challenger!.challenge(post, signers, challenge)
  options.observe({ kind: 'challenge', epoch: post.epoch, proof: challenge.kind, sent: true })
}

async function demandPage(round: Round, record: PostRecord, demand: PageDemand, time: number): Promise<void> {
  const { deps, memory, options } = round
  const { post, signers } = record
  const page = demandedPage(post, demand)
  const proof = `page ${page.number} of the ${page.tree}`
  const key = `demand ${page.poolId} ${proof} ${postingKey(record)}`
  const until = await deps.oracle.answerBy(page)
  if (until === undefined) {
    if (memory.done.has(key) || !(await mayStrike(round, record, proof))) return
    await deps.challenger!.demand(post, signers, demand).catch((error: unknown) => {
      if (!isFault(error, 'CALL_REVERTED') || !error.data.reason.includes('AlreadyDemanded')) throw error
    })
    memory.done.add(key)
    options.observe({ kind: 'challenge', epoch: post.epoch, proof: `demand of ${proof}`, sent: true })
  } else if (time > until && (await mayStrike(round, record, `unrevealed ${proof}`))) {
    await deps.challenger!.rejectUnrevealed(post, signers, page)
    options.observe({ kind: 'challenge', epoch: post.epoch, proof: `unrevealed ${proof}`, sent: true })
  }
}

/** Whether we may send and it is our turn; tells the command where we may not. */
async function mayStrike(round: Round, record: PostRecord, proof: string): Promise<boolean> {
  const { deps, memory, options } = round
  const { epoch } = record.post
  if (!deps.challenger || !options.challenge) {
    const command = `attribution-oracle epoch challenge -e ${epoch} --confirm`
    memory.tell(`challenge ${epoch} ${proof}`, { kind: 'challenge', epoch, proof, sent: false, command })
    return false
  }
  const { members } = await deps.oracle.operatorsOf(epoch)
  const place = placeOf(members, deps.poster?.address, epoch)
  return memory.turns.mine(`${proof} of ${postingKey(record)}`, place)
}

/** A wrong weight is no wrong sum: the guardian can cancel the post, the court can decide. */
function tellUnprovable({ memory }: Round, record: PostRecord): void {
  const { epoch } = record.post
  const reason = 'a post that we do not agree with is pending, and no sum of it is wrong: call the guardian'
  memory.tell(`unprovable ${postingKey(record)}`, { kind: 'epoch', epoch, state: 'waiting', reason })
}
