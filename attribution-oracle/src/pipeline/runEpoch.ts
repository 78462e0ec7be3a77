import {
  canonicalJson,
  EPOCH_STATES,
  type Attestation,
  type EpochState,
  type Post,
  type PostRecord,
} from '../domain'
import { AttributionOracleError } from '../errors'
import type { EpochStore } from '../store'
import { pinnedBlock } from './closing'
import { stagesOf } from './computeStages'
import type { Posting, Verifying } from './dependencies'
import { finalPost, inputsOf } from './inputs'
import { read, stored, written } from './stored'

export interface Operating extends Verifying {
  store: EpochStore
  publishFolder: string
  /** absent: nothing is sent */
  poster: Posting | undefined
}

/** Where a run ended, with the post as soon as there is one. */
export interface RunOutcome {
  epoch: number
  state: EpochState
  post: Post | undefined
  /** the transaction that posted the root in this run or an earlier one */
  transaction: string | undefined
}

/**
 * Takes an epoch as far as it can go: open -> closed -> scored -> settled -> submitted -> final. Every step reads what
 * the one before stored and can be repeated, so a run that was killed anywhere is simply run again.
 *
 * @param until where to stop at the latest
 * @returns at `settled` without a poster or where several operators have to sign, at `submitted` while the challenge window runs, at `scored` after a rejection
 * @throws WRONG_STATE when the epoch is not open on chain; what the steps throw
 */
export async function runEpoch(
  deps: Operating,
  epoch: number,
  until: EpochState = 'final',
): Promise<RunOutcome> {
  const { store } = deps
  await store.begin(epoch)
  for (;;) {
    const state = (await store.state(epoch)) ?? 'open'
    if (deps.signal?.aborted) {
      throw new AttributionOracleError(
        'ABORTED',
        { what: `Stopped with epoch ${epoch} ${state}` },
        { step: state },
      )
    }
    const there = EPOCH_STATES.indexOf(state) >= EPOCH_STATES.indexOf(until)
    const moved = !there && (await timed(deps, epoch, state))
    if (!moved) return outcome(store, epoch)
  }
}

/** A step, with what it took told for those that compute. */
async function timed(deps: Operating, epoch: number, state: EpochState): Promise<boolean> {
  const stage = COMPUTING[state]
  let items = 0
  const onProgress: Operating['onProgress'] = progress => {
    items = progress.total
    deps.onProgress(progress)
  }
  const started = performance.now()
  const moved = await STEPS[state]({ ...deps, onProgress }, epoch)
  const seconds = (performance.now() - started) / 1000
  if (stage !== undefined) deps.observe?.({ kind: 'stage', epoch, stage, items, seconds })
  return moved
}

const COMPUTING: Partial<Record<EpochState, string>> = { open: 'close', closed: 'score', scored: 'settle' }

/**
 * Posts a settled epoch with the words of other operators.
 * @throws WRONG_STATE when the epoch is not settled or too few have signed, INVALID_ARGUMENT for a word about something
 * else, STALE_ACTION, CALL_REVERTED
 */
export async function postSettled(
  deps: Operating & { poster: Posting },
  epoch: number,
  attestations: readonly Attestation[],
): Promise<RunOutcome> {
  const post = await stored.post(deps.store, epoch)
  if ((await deps.store.state(epoch)) === 'settled') await send(deps, post, attestations)
  return outcome(deps.store, epoch)
}

/** The settled post of an epoch. @throws WRONG_STATE when it is not settled */
export function settledPost({ store }: Pick<Operating, 'store'>, epoch: number): Promise<Post> {
  return stored.post(store, epoch)
}

/** Each step moves the epoch on and says whether the run goes on from there. */
const STEPS: Record<EpochState, (deps: Operating, epoch: number) => Promise<boolean>> = {
  open: close,
  closed: score,
  scored: settle,
  settled: submit,
  submitted: follow,
  final: () => Promise.resolve(false),
}

async function close(deps: Operating, epoch: number): Promise<boolean> {
  deps.onProgress({ stage: 'ingest', done: 0, total: 1 })
  const latest = await deps.chain.finalizedBlock()
  const known = await deps.chain.history(latest.number, deps.signal)
  const block = await pinnedBlock(deps, known, latest, epoch)
  const history = block.number === latest.number ? known : await deps.chain.history(block.number, deps.signal)
  const unpaid = await stagesOf(deps).unpaid(finalPost(history, epoch - 1), deps)
  const inputs = inputsOf(history, deps.system, epoch, block, unpaid)
  await deps.store.advance(epoch, 'open', 'closed', { results: written.inputs(inputs) })
  deps.onProgress({ stage: 'ingest', done: 1, total: 1 })
  return true
}

async function score(deps: Operating, epoch: number): Promise<boolean> {
  const inputs = await stored.inputBytes(deps.store, epoch)
  const { blockNumber: number, blockHash: hash } = read.inputs(inputs)
  await deps.chain.expectBlock({ number, hash })
  const scored = await stagesOf(deps).score(inputs, deps)
  await deps.store.advance(epoch, 'closed', 'scored', { results: { scored } })
  return true
}

async function settle(deps: Operating, epoch: number): Promise<boolean> {
  const { store, publishFolder } = deps
  const inputs = await stored.inputBytes(store, epoch)
  const scored = await stored.scoredBytes(store, epoch)
  const { post, earnings } = await stagesOf(deps).settle({ inputs, scored, publishFolder }, deps)
  await store.advance(epoch, 'scored', 'settled', { results: written.post(post), earnings })
  return true
}

async function submit(deps: Operating, epoch: number): Promise<boolean> {
  const post = await stored.post(deps.store, epoch)
  const { poster, store } = deps
  const postings = await postingsOf(deps, post)
  // another operator with the same result may have been first: then there is nothing left to send
  if (postings.some(({ status }) => status === 'pending' || status === 'final')) {
    await store.advance(epoch, 'settled', 'submitted', { results: written.dropped(droppedOf(postings)) })
    return true
  }
  if (!poster || !(await poster.alone(epoch))) return false
  await send({ ...deps, poster }, post, [])
  return true
}

async function send(
  deps: Operating & { poster: Posting },
  post: Post,
  attestations: readonly Attestation[],
): Promise<void> {
  deps.onProgress({ stage: 'post', done: 0, total: 1 })
  const dropped = droppedOf(await postingsOf(deps, post))
  const { hash } = await deps.poster.post(post, attestations)
  const results = { transaction: new TextEncoder().encode(hash), ...written.dropped(dropped) }
  await deps.store.advance(post.epoch, 'settled', 'submitted', { results })
  deps.onProgress({ stage: 'post', done: 1, total: 1 })
}

/** Only finalized events decide what became of a post, and only those of this posting: it may have been dropped before. */
async function follow(deps: Operating, epoch: number): Promise<boolean> {
  const postings = await postingsOf(deps, await stored.post(deps.store, epoch))
  const status = postings.slice(await stored.dropped(deps.store, epoch)).at(-1)?.status
  if (status === 'final') await deps.store.advance(epoch, 'submitted', 'final')
  if (status === 'rejected' || status === 'cancelled') await deps.store.reject(epoch)
  return false
}

/** Every time that this very post was made, in the order of the chain. */
async function postingsOf({ chain, signal }: Operating, post: Post): Promise<PostRecord[]> {
  const block = await chain.finalizedBlock()
  const { posts } = await chain.history(block.number, signal)
  const text = canonicalJson(post)
  return posts.filter(record => canonicalJson(record.post) === text)
}

function droppedOf(postings: readonly PostRecord[]): number {
  return postings.filter(({ status }) => status === 'rejected' || status === 'cancelled').length
}

async function outcome(store: EpochStore, epoch: number): Promise<RunOutcome> {
  const state = (await store.state(epoch)) ?? 'open'
  const settled = state === 'settled' || state === 'submitted' || state === 'final'
  const transaction = settled ? await store.outbox.find(epoch, 'post') : undefined
  return {
    epoch,
    state,
    post: settled ? await stored.post(store, epoch) : undefined,
    transaction: transaction?.hash,
  }
}
