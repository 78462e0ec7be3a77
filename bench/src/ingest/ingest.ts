import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ChainReader, EpochStore, openProvider, type Addresses } from '@open-datanets/attribution-oracle'
import { startChain } from '@open-datanets/embedded-chain'
import type { Bench } from '../bench'
import { timed } from '../measure'
import { emitEvents } from './emitter'

const CHAIN_ID = 31337
const BLOCKS = 2_400
const BAR = 5_000
const SAMPLE_MS = 50

const NAMES = [
  ...(['datanetRegistry', 'modelRegistry', 'inferencePayments', 'rewardEscrow', 'rewardVault'] as const),
  ...(['attributionOracle', 'operatorSet', 'fraudProofs', 'settlementProofs', 'pageDemands'] as const),
]
const ADDRESSES = Object.fromEntries(
  NAMES.map((name, i) => [name, `0x${(0xda7a00 + i).toString(16).padStart(40, '0')}`]),
) as unknown as Addresses

export const ingest: Bench = {
  name: 'ingest',
  claim: `events go from a node into the store and the history at >= ${BAR.toLocaleString('en-US')} a second`,
  run: async () => {
    const chain = await startChain({ args: ['--slots-in-an-epoch', 1, '--gas-limit', 100_000_000] })
    const folder = await mkdtemp(path.join(tmpdir(), 'bench-ingest-'))
    try {
      const { datanetRegistry: registry, inferencePayments: payments } = ADDRESSES
      const { address } = chain.account(0)
      const events = await emitEvents(chain, address, { registry, payments }, BLOCKS)
      const first = await reading(chain.url, folder)
      const again = await reading(chain.url, folder)
      const rate = events / (first.milliseconds / 1_000)
      const complete = [first, again].every(read => read.events === events)
      return [
        {
          title: `${events.toLocaleString('en-US')} events of anvil into PGlite on disk, and folded into the history`,
          rows: [
            {
              ...row('read, checked, stored, folded', events, first),
              MiB: Math.round(first.peak / 2 ** 20),
              bar: `>= ${BAR.toLocaleString('en-US')} events/s`,
            },
            row('folded from the store by the next process', events, again),
          ],
          notes: [
            'MiB: the most that the process held above what it held before, PGlite and all of the history included.',
          ],
          missed: [
            ...(rate < BAR ? [`${Math.round(rate)} events/s, expected at least ${BAR}`] : []),
            ...(complete
              ? []
              : [`${first.events} and ${again.events} events in the history, expected ${events}`]),
          ],
        },
      ]
    } finally {
      await chain.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

interface Reading {
  events: number
  milliseconds: number
  /** bytes that the process grew by at most */
  peak: number
}

/** The way of an operator's process: everything up to the finalized block, in a store that may know some of it. */
async function reading(url: string, folder: string): Promise<Reading> {
  const before = process.memoryUsage.rss()
  let peak = 0
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss() - before)), SAMPLE_MS)
  const store = await EpochStore.open(folder)
  const pool = openProvider({ urls: [url], chainId: CHAIN_ID, pollMs: 100, timeoutMs: 30_000 })
  try {
    const options = { chainId: CHAIN_ID, startBlock: 0, addresses: ADDRESSES, logs: store.logs }
    const reader = await ChainReader.connect(pool, options)
    let events = 0
    const milliseconds = await timed(async () => {
      const { number } = await reader.finalizedBlock()
      const { batches, redemptions } = await reader.history(number)
      events = batches.length + redemptions.length
    })
    return { events, milliseconds, peak }
  } finally {
    clearInterval(sampling)
    pool.destroy()
    await store.close()
  }
}

function row(what: string, events: number, { milliseconds }: Reading) {
  return {
    what,
    'events/s': Math.round(events / (milliseconds / 1_000)),
    seconds: milliseconds / 1_000,
  }
}
