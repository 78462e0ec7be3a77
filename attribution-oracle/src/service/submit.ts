import { canonicalJson, type Attestation, type Post } from '../domain'
import { isFault } from '../errors'
import { postSettled, settledPost, type Posting } from '../pipeline'
import type { ServiceDeps } from './dependencies'
import { collectWords, giveWord, type Proposal } from './exchange'
import { inactiveOperator } from './faults'
import { nextEpoch, type Round } from './round'
import { placeOf } from './turns'

type Sending = ServiceDeps & { poster: Posting }

/**
 * Signs the post of the next epoch, collects the words of the others, and posts it when there are enough and it is our
 * turn. Whoever finds a post on chain signs, so that the others see that it agrees, and sends nothing.
 */
export async function submit(round: Round): Promise<void> {
  const { deps, memory, history } = round
  const epoch = nextEpoch(history)
  const state = await deps.store.state(epoch)
  if (state !== 'settled' && state !== 'submitted') return
  const now = await deps.oracle.now()
  if (now.finalEpoch >= epoch) return
  const postings = history.posts.filter(record => record.post.epoch === epoch)
  const pending = now.pending !== undefined || postings.some(({ status }) => status === 'pending')
  if (pending && memory.proposal?.post.epoch === epoch) return
  const post = await settledPost(deps, epoch)
  const waits = (reason: string): void =>
    memory.tell(`epoch ${epoch}`, { kind: 'epoch', epoch, state: 'waiting', reason })
  // whoever signs it again is slashed, too, one quorum after another
  if (postings.some(record => record.status === 'rejected' && samePost(record.post, post)))
    return pending
      ? undefined
      : waits('this very post was rejected on chain: look at it before "epoch post" sends it again')
  const [digest, operators] = await Promise.all([deps.oracle.digestOf(post), deps.oracle.operatorsOf(epoch)])
  const proposal = { post, digest, operators }
  memory.proposal = proposal
  await giveWord(round, proposal)
  if (pending) return
  const { members, faults } = operators
  const words = faults === 0 ? [] : await collectWords(round, proposal)
  const { poster } = deps
  if (!poster) return waits('settled; nothing is sent without a key and --confirm')
  if (!members.includes(poster.address))
    return waits(`settled; ${poster.address} is no operator of the epoch`)
  const others = words.filter(({ operator }) => operator !== poster.address)
  if (others.length < faults) return waits(`settled; ${others.length + 1} of ${faults + 1} operators agree`)
  const place = placeOf(members, poster.address, epoch)
  if (!memory.turns.mine(`post ${epoch}, attempt ${now.attempt}`, place)) return
  await send({ ...deps, poster }, proposal, others)
}

/** Whom the contract does not count, a slashed operator for instance, is left out, as long as enough others have signed. */
async function send(
  deps: Sending,
  { post, operators }: Pick<Proposal, 'post' | 'operators'>,
  words: readonly Attestation[],
): Promise<void> {
  try {
    await postOrAgain(deps, post, words)
  } catch (error) {
    const inactive = inactiveOperator(error)
    const active = words.filter(({ operator }) => operator !== inactive)
    if (active.length < words.length && active.length >= operators.faults)
      return send(deps, { post, operators }, active)
    // somebody was faster: the next cycle finds what they posted
    if (!isFault(error, 'STALE_ACTION')) throw error
  }
}

/** A post that we sent and that no block has any more is sent again: the same bytes. */
async function postOrAgain(deps: Sending, post: Post, words: readonly Attestation[]): Promise<void> {
  if ((await deps.store.state(post.epoch)) === 'settled') await postSettled(deps, post.epoch, words)
  else await deps.poster.post(post, words)
}

function samePost(a: Post, b: Post): boolean {
  return canonicalJson(a) === canonicalJson(b)
}
