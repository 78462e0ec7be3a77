import { setTimeout as sleep } from 'node:timers/promises'
import { openContentStore } from '@open-datanets/content-store'
import { ChainReader, openProvider, Poster, type Addresses } from '../../src/chain'
import { sha256 } from '../../src/domain'
import { AttributionOracleError } from '../../src/errors'
import { privateKeySigner } from '../../src/keys'
import { runEpoch, type Operating, type System } from '../../src/pipeline'
import { openLocalShards, toWeights } from '../../src/scoring'
import { screen } from '../../src/screening'
import { loadKeccak } from '../../src/settlement'
import { EpochStore } from '../../src/store'
import { openNatsRunner } from '../../src/work'
import { SCORING } from '../network/scorers'
import { ENGINE, storesIn } from '../work/workers'

/** What an operator works on, in a process of its own or in ours. */
export interface Assignment {
  rpcUrl: string
  key: string
  epoch: number
  addresses: Addresses
  startBlock: number
  system: System
  contentFolder: string
  publishFolder: string
  /** a folder or a URL */
  store: string
  /** where workers are that compute for it */
  natsUrl?: string
}

export interface Done {
  /** digest over the rows that the epoch left */
  rows: string
  /** the transaction that the operator believes to have posted it */
  transaction: string
}

/** A worker that says nothing for so long has lost its shard to another one. */
const DELIVERY = { delivery: { ackWaitMs: 1_500 } }

/** The operator's bit in the set of an epoch. */
const OPERATOR = 1

/**
 * Takes an epoch from opened to final. A fault that may pass is tried again, as the service does.
 * @param window lets the challenge window pass
 */
export async function operate(assignment: Assignment, window: () => Promise<void>): Promise<Done> {
  const provider = openProvider({ urls: [assignment.rpcUrl], chainId: 31337, pollMs: 10, timeoutMs: 15_000 })
  const store = await patiently(() => EpochStore.open(assignment.store))
  const shards = await runnerOf(assignment)
  try {
    const operating = { ...(await compose(assignment, provider, store)), ...(shards && { shards }) }
    for (;;) {
      const { state, post, transaction } = await patiently(() => runEpoch(operating, assignment.epoch))
      if (state === 'final')
        return { rows: await patiently(() => digestOf(store)), transaction: transaction! }
      if (state !== 'submitted') throw new Error(`the run stopped at ${state}`)
      await window()
      const { chain } = operating
      const { posts } = await patiently(async () => chain.history((await chain.finalizedBlock()).number))
      if (posts.at(-1)?.status === 'pending')
        await patiently(() => operating.poster!.finalize(post!, OPERATOR))
    }
  } finally {
    await shards?.close()
    await store.close()
    provider.destroy()
  }
}

/** Its name is the same after a restart, so that it takes back what it had handed out. */
async function runnerOf({ natsUrl, contentFolder }: Assignment) {
  if (natsUrl === undefined) return undefined
  return openNatsRunner({
    natsUrl,
    ...storesIn(contentFolder),
    engine: ENGINE,
    local: openLocalShards({ workers: 1 }),
    name: 'operator',
    patienceMs: 20_000,
    ...DELIVERY,
  })
}

async function compose(
  assignment: Assignment,
  provider: ReturnType<typeof openProvider>,
  store: EpochStore,
): Promise<Operating> {
  const { addresses, startBlock, system, publishFolder, contentFolder, key } = assignment
  const { chainId } = system
  const poster = new Poster(provider, privateKeySigner(key), addresses, store.outbox)
  await patiently(() => poster.reconcile())
  const reading = { chainId, startBlock, addresses, logs: store.logs }
  return {
    chain: await patiently(() => ChainReader.connect(provider, reading)),
    store,
    content: openContentStore(contentFolder),
    keccak: await loadKeccak(),
    screen,
    checkModel: () => true,
    ...SCORING,
    toWeights,
    workers: 1,
    publishFolder,
    poster,
    system,
    onProgress: () => undefined,
  }
}

async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof AttributionOracleError && error.retryable)) throw error
      await sleep(50)
    }
  }
}

/** Rows of the epoch, its results and its earnings; the hash of the transaction is no result of the computation. */
async function digestOf(store: EpochStore): Promise<string> {
  const rows: string[] = []
  await store.dump(async dump => {
    if (!['epochs', 'results', 'earnings'].includes(dump.table)) return
    for await (const row of dump.rows) if (!row.includes('submitted/transaction')) rows.push(row)
  })
  return sha256(Buffer.from(rows.join('\n')))
}
