import { postingKey, type Round } from './round'
import { placeOf } from './turns'

/** Settles what rejected posts cost their signers: half of a bond is burned, half is owed to whoever struck it down. */
export async function settleSlashes({ deps, memory, history }: Round): Promise<void> {
  const { slashing } = deps
  if (!slashing) return
  for (const record of history.posts) {
    const key = `slash ${postingKey(record)}`
    if (record.status !== 'rejected' || memory.done.has(key)) continue
    const { post, signers } = record
    const { members } = await deps.oracle.operatorsOf(post.epoch)
    if (!memory.turns.mine(key, placeOf(members, deps.poster?.address, post.epoch))) continue
    await slashing.settle(post.epoch, signers)
    memory.done.add(key)
  }
}
