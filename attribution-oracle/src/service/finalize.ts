import { pendingHash } from '../chain'
import { pendingRecord, postingKey, type Round } from './round'
import { placeOf } from './turns'

/** Makes a post final when its window is over, if our own computation agrees with it and nobody else has been faster. */
export async function finalize({ deps, memory, history }: Round): Promise<void> {
  const record = pendingRecord(history)
  if (!record) return
  const { post, signers, deadline } = record
  const { epoch } = post
  memory.tell(`deadline ${epoch}`, { kind: 'deadline', epoch, at: deadline })
  const { poster } = deps
  if (!poster || !memory.findings.get(postingKey(record))?.agrees) return
  const now = await deps.oracle.now()
  if (now.pending?.hash !== pendingHash(post, signers) || now.time < deadline || now.openDemands > 0) return
  const { members } = await deps.oracle.operatorsOf(epoch)
  const place = placeOf(members, poster.address, epoch)
  if (memory.turns.mine(`finalize ${postingKey(record)}`, place)) await poster.finalize(post, signers)
}
