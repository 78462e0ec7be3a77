import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { startChain, type EmbeddedChain } from '@open-datanets/embedded-chain'
import { OpenToken__factory, RewardVault__factory } from '../../../typechain-types'
import type { Bench } from '../bench'
import { askChild, endChild, firstWord, startChild } from '../child'
import { spreadOf, type Spread } from '../measure'
import type { Load } from './load'

const ROUNDS = 3
const SECONDS = 6
const LEAST_PROOFS = 20_000
const LEAST_REQUESTS = 5_000
const MOST_MS = 50

const ROUTES = { proofs: '/v1/proofs/:address', rewards: '/v1/users/:address/rewards' } as const

export const api: Bench = {
  name: 'api',
  claim: 'a million accounts are served at >= 20,000 proofs/s, and >= 5,000 requests/s with p99 < 50 ms',
  run: async ({ leaves }) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'bench-api-'))
    const chain = await startChain()
    try {
      return await measure(folder, chain, leaves)
    } finally {
      await chain.stop()
      await rm(folder, { recursive: true, force: true })
    }
  },
}

async function measure(folder: string, chain: EmbeddedChain, leaves: number) {
  const vault = await deployVault(chain)
  const vaultAddress = await vault.getAddress()
  const tree = await askChild<{ post: { ledgerRoot: string }; bytes: number }>('api/writeTree.ts', [
    ...[folder, leaves, vaultAddress],
  ])
  await (await vault.setRoot(tree.post.ledgerRoot, 1)).wait()
  const proofs = await askChild<{ opened: number; rounds: number[]; clock: number[] }>(
    'api/mappedProofs.ts',
    [...[folder, leaves, vaultAddress]],
  )
  const { loads, peak } = await underLoad(folder, chain.url, vaultAddress, JSON.stringify(tree.post), leaves)
  const proofRate = spreadOf(proofs.rounds)
  const empty = rateOf(loads.empty)
  const rows = Object.entries(loads).map(([what, all]) => ({
    what: what === 'empty' ? 'an empty fastify route' : ROUTES[what as keyof typeof ROUTES],
    'requests/s': rateOf(all).median,
    'least-most': span(rateOf(all)),
    'p50 ms': spreadOf(all.map(({ p50 }) => p50)).median,
    'p99 ms': spreadOf(all.map(({ p99 }) => p99)).median,
    'of empty': rateOf(all).median / empty.median,
    failed: all.reduce((sum, { failed }) => sum + failed, 0),
  }))
  return [
    {
      title: `Proofs from the tree file of ${leaves.toLocaleString('en-US')} accounts (${mebibytes(tree.bytes)} MiB), one core`,
      rows: [
        {
          'proofs/s': proofRate.median,
          'least-most': span(proofRate),
          'by the clock': spreadOf(proofs.clock).median,
          'opened in ms': proofs.opened,
        },
      ],
      notes: [
        'By address, each hashed up to the crown before it is counted; a sample up to the root. Seconds of processor time, which others on this machine cannot take; by the clock beside it.',
      ],
      missed: missedIf(
        proofRate.median < LEAST_PROOFS,
        `${proofRate.median.toFixed(0)} proofs/s, at least ${LEAST_PROOFS}`,
      ),
    },
    {
      title: `HTTP, one process, 64 connections, ${ROUNDS} rounds of ${SECONDS} s in turns, medians`,
      rows,
      notes: [
        'Every rewards answer holds what the account was paid, read from a node (anvil) after it was asked for.',
        `The server had at most ${mebibytes(peak)} MiB; server, node and load share this machine.`,
      ],
      missed: rows
        .slice(1)
        .flatMap(row => [
          ...missedIf(
            row['requests/s'] < LEAST_REQUESTS,
            `${row.what}: ${row['requests/s'].toFixed(0)} requests/s, at least ${LEAST_REQUESTS}`,
          ),
          ...missedIf(row['p99 ms'] >= MOST_MS, `${row.what}: p99 ${row['p99 ms']} ms, below ${MOST_MS}`),
          ...missedIf(row.failed > 0, `${row.what}: ${row.failed} requests failed`),
        ]),
    },
  ]
}

async function underLoad(folder: string, rpc: string, vault: string, post: string, leaves: number) {
  const server = startChild('api/server.ts', [folder, vault, rpc, post])
  const bare = startChild('api/emptyRoute.ts', [])
  try {
    const [{ url }, { url: emptyUrl }] = [
      await firstWord<{ url: string }>(server, 'api/server.ts'),
      await firstWord<{ url: string }>(bare, 'api/emptyRoute.ts'),
    ]
    const load = (to: string, route: string, seconds = SECONDS): Promise<Load> =>
      askChild<Load>('api/load.ts', [to, route, seconds, leaves])
    const loads: Record<'empty' | keyof typeof ROUTES, Load[]> = { empty: [], proofs: [], rewards: [] }
    for (const route of Object.values(ROUTES)) await load(url, route, 2)
    for (let round = 0; round < ROUNDS; round++) {
      loads.empty.push(await load(emptyUrl, '/'))
      loads.proofs.push(await load(url, ROUTES.proofs))
      loads.rewards.push(await load(url, ROUTES.rewards))
    }
    server.send('peak')
    const { peak } = await firstWord<{ peak: number }>(server, 'api/server.ts')
    return { loads, peak }
  } finally {
    await endChild(server)
    await endChild(bare)
  }
}

/** A token and the vault that pays it; the first account stands for the oracle that sets roots. */
async function deployVault(chain: EmbeddedChain) {
  const owner = chain.account(0)
  const token = await new OpenToken__factory(owner).deploy(owner.address, owner.address)
  const vault = await new RewardVault__factory(owner).deploy(await token.getAddress(), owner.address, 1)
  await vault.waitForDeployment()
  return vault
}

function rateOf(loads: readonly Load[]): Spread {
  return spreadOf(loads.map(({ perSecond }) => perSecond))
}

function span({ min, max }: Spread): string {
  return `${min.toFixed(0)}-${max.toFixed(0)}`
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(0)
}

function missedIf(missed: boolean, bar: string): string[] {
  return missed ? [bar] : []
}
