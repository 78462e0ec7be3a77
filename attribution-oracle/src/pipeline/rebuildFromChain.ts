import {
  EPOCH_STATES,
  sha256,
  type ChainHistory,
  type EpochInputs,
  type EpochState,
  type Post,
} from '../domain'
import { AttributionOracleError } from '../errors'
import type { EpochStore } from '../store'
import type { Verifying } from './dependencies'
import { publishEpoch } from './publish'
import { rebuildEpoch, type RebuiltEpoch } from './rebuildEpoch'
import { earningsOf } from './settledEarnings'
import type { Settled } from './settleStage'
import { written } from './stored'

/** Everything that rebuilding needs: no key, and no file of the oracle that was lost. */
export interface Rebuilding extends Verifying {
  store: EpochStore
  publishFolder: string
}

export interface RebuildReport {
  /** in their order, those included that were there already */
  epochs: readonly { epoch: number; ledgerRoot: string; rebuilt: boolean }[]
}

/**
 * Fills a store and a publish folder with every final epoch again, from the chain and from content alone, to the bytes
 * that the operators had. It can be stopped anywhere and run again; epochs that are final in the store are compared with
 * the chain and left alone. The hash of the transaction that posted an epoch is nobody's result: it is not rebuilt.
 * @throws REBUILD_DIFFERS at the first difference, ABORTED, what reading chain and content throws
 */
export async function rebuildFromChain(deps: Rebuilding): Promise<RebuildReport> {
  const { chain, signal, onProgress, store } = deps
  onProgress({ stage: 'ingest', done: 0, total: 1 })
  const block = await chain.finalizedBlock()
  const latest = await chain.history(block.number, signal)
  onProgress({ stage: 'ingest', done: 1, total: 1 })
  const posts = finalPosts(latest)
  const epochs: { epoch: number; ledgerRoot: string; rebuilt: boolean }[] = []
  for (const [done, post] of posts.entries()) {
    onProgress({ stage: 'rebuild', done, total: posts.length })
    if (signal?.aborted) throw aborted(post.epoch)
    const { epoch, ledgerRoot } = post
    const rebuilt = (await store.state(epoch)) !== 'final'
    if (rebuilt) await keep(deps, await rebuildEpoch(quietly(deps), latest, post))
    else await expectStored(store, post)
    epochs.push({ epoch, ledgerRoot, rebuilt })
  }
  onProgress({ stage: 'rebuild', done: posts.length, total: posts.length })
  return { epochs }
}

function finalPosts({ posts }: ChainHistory): Post[] {
  const final = posts.filter(({ status }) => status === 'final').map(({ post }) => post)
  return final.sort((a, b) => a.epoch - b.epoch)
}

/** The stages of one epoch would drown the progress of all. */
function quietly<D extends Verifying>(deps: D): D {
  return { ...deps, onProgress: () => undefined }
}

/** Goes the way of `runEpoch`, from wherever an earlier rebuild was stopped. */
async function keep(deps: Rebuilding, { inputs, settled }: RebuiltEpoch): Promise<void> {
  const { store } = deps
  const { epoch } = settled.post
  const results = resultsOf(inputs, settled)
  const steps: Record<EpochState, () => Promise<void>> = {
    open: () => store.advance(epoch, 'open', 'closed', { results: results.closed }),
    closed: () => store.advance(epoch, 'closed', 'scored', { results: results.scored }),
    async scored() {
      await publishEpoch(settled, deps.system, deps.content, deps.publishFolder)
      const step = { results: results.settled, earnings: earningsOf(inputs, settled) }
      await store.advance(epoch, 'scored', 'settled', step)
    },
    settled: () => store.advance(epoch, 'settled', 'submitted'),
    submitted: () => store.advance(epoch, 'submitted', 'final'),
    final: () => Promise.resolve(),
  }
  await store.begin(epoch)
  const at = EPOCH_STATES.indexOf((await store.state(epoch)) ?? 'open')
  // what an earlier run left has to be the same before anything is built on it
  for (const [state, expected] of Object.entries(results)) {
    if (EPOCH_STATES.indexOf(state as EpochState) > at) continue
    for (const [name, bytes] of Object.entries(expected))
      expectSame(epoch, name, await store.result(epoch, state as EpochState, name), bytes)
  }
  for (const state of EPOCH_STATES.slice(at)) await steps[state]()
}

/** What every step of a run leaves in the store, by the state that it leads to. */
function resultsOf(inputs: EpochInputs, { data, post }: Settled) {
  const { screening, receipts, scores, weights } = data.tables
  const scored = { tables: { screening, receipts, scores, weights }, scoring: data.header.scoring }
  return { closed: written.inputs(inputs), scored: written.scored(scored), settled: written.post(post) }
}

/** An epoch that was final here before. */
async function expectStored(store: EpochStore, post: Post): Promise<void> {
  const { epoch } = post
  expectSame(epoch, 'post', await store.result(epoch, 'settled', 'post'), written.post(post).post)
}

function expectSame(epoch: number, name: string, stored: Uint8Array, rebuilt: Uint8Array): void {
  if (Buffer.compare(stored, rebuilt) === 0) return
  const [got, expected] = [sha256(stored), sha256(rebuilt)]
  throw new AttributionOracleError(
    'REBUILD_DIFFERS',
    {
      what: `The store has other bytes for "${name}" of epoch ${epoch} than those that are final`,
      got,
      expected,
      fix: 'rebuild into an empty store',
    },
    { epoch, part: `stored ${name}`, got, expected },
  )
}

function aborted(epoch: number): AttributionOracleError {
  return new AttributionOracleError(
    'ABORTED',
    { what: `Stopped before epoch ${epoch} was rebuilt`, fix: 'run again to go on from there' },
    { step: 'rebuild' },
  )
}
