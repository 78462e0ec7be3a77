import { pendingHash } from '../chain'
import { stagesOf } from '../pipeline'
import { pendingRecord, postingKey, type Round } from './round'
import { placeOf } from './turns'

/** Shows the pages that somebody demands of a post that we agree with: unanswered, they would strike it down. */
export async function answerDemands({ deps, memory, history, options }: Round): Promise<void> {
  const record = pendingRecord(history)
  const { challenger } = deps
  if (!record || !challenger || !memory.findings.get(postingKey(record))?.agrees) return
  const { post, signers } = record
  const now = await deps.oracle.now()
  if (now.openDemands === 0 || now.pending?.hash !== pendingHash(post, signers)) return
  const { members } = await deps.oracle.operatorsOf(post.epoch)
  const place = placeOf(members, deps.poster?.address, post.epoch)
  for (const page of await deps.oracle.openDemands(post, signers, options.signal)) {
    const key = `reveal ${page.poolId} ${page.tree} ${page.number} ${postingKey(record)}`
    if (!memory.turns.mine(key, place)) continue
    await challenger.reveal(post, signers, page, await stagesOf(deps).answer({ post, page }, deps))
  }
}
