import { openContentStore } from '@open-datanets/content-store'
import {
  loadKeccak,
  openProvider,
  openReading,
  RewardReader,
  startApi,
  type ChainHistory,
  type Post,
} from '@open-datanets/attribution-oracle'

const BLOCK = { number: 1, hash: `0x${'bb'.repeat(32)}` } as const

/**
 * The product's own API over a tree file, one process, with a chain behind it that is asked for every claimed amount.
 * What finalized events say is given: nobody registers a million accounts on a node for a bench.
 */
async function main([folder = '', vault = '', rpc = '', post = '']: readonly string[]): Promise<void> {
  const final = JSON.parse(post) as Post & { total: string }
  const history: ChainHistory = {
    ...{ contributors: [], batches: [], models: [], redemptions: [], funded: new Map() },
    register: {
      ...{ datanets: [], terms: [], parents: [], decisions: [] },
      ...{ withdrawals: [], licenses: [], successions: [] },
    },
    openings: new Map([[1, { configDigest: final.configDigest, blockNumber: 1 }]]),
    posts: [
      {
        ...{ post: { ...final, total: BigInt(final.total) }, poster: vault, signers: 1 },
        ...{ deadline: 0, status: 'final' },
      },
    ],
  }
  const provider = openProvider({ urls: [rpc], chainId: 31337, pollMs: 1000, timeoutMs: 15_000 })
  const reading = await openReading({
    chain: { finalizedBlock: () => Promise.resolve(BLOCK), history: () => Promise.resolve(history) },
    rewards: await RewardReader.connect(provider, vault),
    content: openContentStore(`${folder}/content`),
    keccak: await loadKeccak(),
    system: { chainId: 31337, vault, registry: vault, payments: vault },
    publishFolder: folder,
  })
  await reading.refresh()
  const { url } = await startApi({
    ...{ host: '127.0.0.1', port: 0, reading, rateLimit: undefined, corsOrigins: ['*'] },
    ready: () => Promise.resolve(reading.ready()),
    status: () => Promise.resolve({}),
  })
  process.send?.({ url })
  process.on('message', () => process.send?.({ peak: process.resourceUsage().maxRSS * 1024 }))
}

void main(process.argv.slice(2))
