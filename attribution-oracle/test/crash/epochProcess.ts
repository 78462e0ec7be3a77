// An operator in a process of its own, that takes one epoch from opened to final. What the world has to do in between (the
// challenge window passes) it asks of its parent. A fault that may pass is tried again, as the service does.
import { setTimeout as sleep } from 'node:timers/promises'
import { openContentStore } from '@open-datanets/content-store'
import { ChainReader, openProvider, Poster, type Addresses } from '../../src/chain'
import { sha256 } from '../../src/domain'
import { AttributionOracleError } from '../../src/errors'
import { exitCodeOf } from '../../src/exitCode'
import { runEpoch, type Operating, type System } from '../../src/pipeline'
import { toWeights } from '../../src/scoring'
import { screen } from '../../src/screening'
import { loadKeccak } from '../../src/settlement'
import { EpochStore } from '../../src/store'
import { tinyScorer } from '../scene/tinyScorer'
import type { Crash } from './killAtWrite'

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
  /** for killAtWrite */
  crash?: Crash
  trace?: string
}

/** What it tells its parent. */
export type Word =
  | { needs: 'window' }
  /** digest over the rows that an epoch leaves, and the transaction that it believes to have posted */
  | { final: string; transaction: string }

const OPERATOR = 1

async function main(assignment: Assignment): Promise<void> {
  const provider = openProvider(assignment.rpcUrl, 31337, 10)
  const store = await patiently(() => EpochStore.open(assignment.store))
  const operating = await compose(assignment, provider, store)
  const { epoch } = assignment
  for (;;) {
    const { state, post, transaction } = await patiently(() => runEpoch(operating, epoch))
    if (state === 'final') {
      const final = await patiently(() => digestOf(store))
      await tell({ final, transaction: transaction! })
      break
    }
    if (state !== 'submitted') throw new Error(`the run stopped at ${state}`)
    await tell({ needs: 'window' })
    await answered()
    const { posts } = await operating.chain.history((await operating.chain.finalizedBlock()).number)
    if (posts.at(-1)?.status === 'pending') await patiently(() => operating.poster!.finalize(post!, OPERATOR))
  }
  await store.close()
  provider.destroy()
  process.disconnect()
}

async function compose(
  assignment: Assignment,
  provider: ReturnType<typeof openProvider>,
  store: EpochStore,
): Promise<Operating> {
  const { addresses, startBlock, system, publishFolder, contentFolder, key } = assignment
  return {
    chain: await ChainReader.connect(provider, { chainId: system.chainId, startBlock, addresses }),
    store,
    content: openContentStore(contentFolder),
    keccak: await loadKeccak(),
    screen,
    checkModel: () => true,
    scoreEpoch: tinyScorer,
    toWeights,
    workers: 1,
    publishFolder,
    poster: new Poster(provider, key, addresses, store.outbox),
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

function tell(word: Word): Promise<void> {
  return new Promise(resolve => process.send!(word, () => resolve()))
}

function answered(): Promise<unknown> {
  return new Promise(resolve => process.once('message', resolve))
}

process.once('message', (assignment: Assignment) => {
  main(assignment).catch((error: unknown) => {
    console.error(error)
    process.exit(exitCodeOf(error))
  })
})
process.send?.({ ready: true })
