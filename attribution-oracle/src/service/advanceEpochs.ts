import { canonicalJson } from '../domain'
import { isFault } from '../errors'
import { finalPost, runEpoch } from '../pipeline'
import { nextEpoch, type Round } from './round'

/**
 * Takes every opened epoch as far as our own computation goes: to `settled`, and from there to wherever finalized blocks
 * have our post. Nothing is sent. A final epoch is left alone for good.
 */
export async function advanceEpochs({ deps, memory, history }: Round): Promise<void> {
  const next = nextEpoch(history)
  for (const epoch of [...history.openings.keys()].sort((a, b) => a - b)) {
    if (memory.finished.has(epoch)) continue
    const waits = (reason: string): void =>
      memory.tell(`epoch ${epoch}`, { kind: 'epoch', epoch, state: 'waiting', reason })
    if (epoch > next) {
      waits(`epoch ${next} is not final`)
      continue
    }
    try {
      const { state, post } = await runEpoch({ ...deps, poster: undefined }, epoch)
      const final = finalPost(history, epoch)
      const other = final !== undefined && canonicalJson(final) !== canonicalJson(post)
      memory.tell(`epoch ${epoch}`, {
        kind: 'epoch',
        epoch,
        state,
        ...(other && { reason: 'another post than ours is final' }),
      })
      if (final) memory.finished.add(epoch)
    } catch (error) {
      if (!isFault(error, 'WRONG_STATE') || (await deps.store.state(epoch)) !== 'open') throw error
      // what is there now changes with every block, and would be told as often
      waits(`needs ${error.data.expected}`)
      return
    }
  }
}
