import { canonicalJson } from '../domain'
import { collectWords } from './exchange'
import { peerName } from './peers'
import type { Round } from './round'

/** Between two questions about a post that is on chain already, in looks at the chain. */
const PAUSE_POLLS = 30

/**
 * Asks again those peers that did not agree when our post went on chain. What was said of them then would otherwise stand
 * until the next epoch, and be an alarm, though they only took longer or were restarted.
 */
export async function followPeers(round: Round): Promise<void> {
  const { memory, options, history } = round
  const { proposal } = memory
  if (!proposal) return
  const posted = history.posts.findLast(({ post }) => canonicalJson(post) === canonicalJson(proposal.post))
  if (posted?.status !== 'pending' && posted?.status !== 'final') return
  const open = options.peers.filter(url => memory.peerStates.get(peerName(url)) !== 'agrees')
  if (open.length === 0 || !memory.isTime('peers', PAUSE_POLLS * options.pollMs)) return
  await collectWords(round, { ...proposal, final: posted.status === 'final' }, open)
}
