import { parseEther } from 'ethers'
import type { Row, Table } from '../table'
import { gasOf, type Anvil } from './anvil'
import { mean, type Figure } from './figure'
import { payingVault, type Ledger, type Paying } from './ledgers'

/** Claims behind every mean. */
const CLAIMS = 16
const BATCHES = [1, 16, 64, 256] as const
const KINDS = ['new holder', 'existing holder', 'repeat'] as const
const BARS = { 'new holder': 71_000, 'existing holder': 54_000, repeat: 54_000 }
/** Where the bars of single claims are set. */
const BAR_LEAVES = 1_000_000

type Kind = (typeof KINDS)[number]

/** Measured by us on the peers' own code, solc 0.8.30, 200 runs, cancun, trees of a million leaves, mean of 16. */
const PEERS: readonly Row[] = [
  { who: 'EigenLayer (proxied)', 'new holder': 128_300, 'existing holder': 111_200, repeat: 94_100 },
  { who: 'Merkl (proxied)', 'new holder': 142_100, 'existing holder': 125_000, repeat: 90_800 },
  { who: 'Morpho URD', 'new holder': 99_400, 'existing holder': 82_300, repeat: 65_200 },
  { who: '1inch cumulative', 'new holder': 95_600, 'existing holder': 78_500, repeat: 61_400 },
  { who: '1inch, 128-bit nodes', 'new holder': 90_800, 'existing holder': 73_700, repeat: 56_600 },
  { who: 'Uniswap bitmap, dirty word', 'new holder': 79_200, 'existing holder': 62_100 },
]

type Claim = (ledger: Ledger, index: number) => Promise<number>

/** Single claims from a ledger of so many leaves, each way of calling, by what the account held and had claimed. */
export async function claimFigures(anvil: Anvil, leaves: number): Promise<Figure[]> {
  const paying = await payingVault(anvil, leaves)
  const { vault, token } = paying
  const sender = vault.connect(anvil.account(1))
  const ways: Record<string, Claim> = {
    claim(ledger, index) {
      const { account, cumulative, prefix } = ledger.leaves[index]!
      return gasOf(sender.claim(index, account, cumulative, prefix, ledger.proof(index)))
    },
    claimPacked: (ledger, index) => gasOf(sender.claimPacked(ledger.packed(index))),
  }
  // sixteen accounts for every way, with and without tokens, spread over the whole ledger
  const names = Object.keys(ways)
  const groups = 2 * names.length
  const indices = (group: number): number[] =>
    Array.from({ length: CLAIMS }, (_, i) =>
      Math.floor(((i * groups + group + 0.5) * leaves) / (groups * CLAIMS)),
    )
  const first = await paying.epoch(1)
  const results: Record<string, Record<Kind, number>> = {}
  // the first claim ever on a contract is nobody's usual one
  await ways['claim']!(first, 0)
  for (const [i, name] of names.entries()) {
    for (const index of indices(2 * i + 1))
      await gasOf(token.transfer(first.leaves[index]!.account, parseEther('1')))
    results[name] = {
      'new holder': await average(ways[name]!, first, indices(2 * i)),
      'existing holder': await average(ways[name]!, first, indices(2 * i + 1)),
      repeat: 0,
    }
  }
  const second = await paying.epoch(2)
  for (const [i, name] of names.entries())
    results[name]!.repeat = await average(ways[name]!, second, indices(2 * i))
  return names.flatMap(way =>
    KINDS.map(kind => ({
      name: `${way}, ${leaves} leaves, ${kind}`,
      value: results[way]![kind],
      ...(leaves === BAR_LEAVES && { bar: BARS[kind] }),
    })),
  )
}

/** Contiguous batches, gas per claim: every account for the first time, and every account once more. */
export async function batchFigures(anvil: Anvil, leaves: number): Promise<Figure[]> {
  const paying = await payingVault(anvil, leaves)
  const first = await paying.epoch(1)
  await claimRun(paying, first, 0, 1)
  const fresh = await batches(paying, first)
  const again = await batches(paying, await paying.epoch(2))
  return BATCHES.flatMap((size, i) => [
    { name: `claimBatch of ${size}, new holders, per claim`, value: fresh[i]!, ...bar(size, 27_000) },
    { name: `claimBatch of ${size}, repeat, per claim`, value: again[i]!, ...bar(size, 10_000) },
  ])
}

const bar = (size: number, most: number): { bar?: number } => (size === BATCHES.at(-1) ? { bar: most } : {})

async function batches(paying: Paying, ledger: Ledger): Promise<number[]> {
  const per: number[] = []
  const largest = BATCHES.at(-1)!
  for (const [i, size] of BATCHES.entries()) {
    const gas = await claimRun(paying, ledger, (i + 1) * largest, size)
    per.push(Math.round(gas / size))
  }
  return per
}

function claimRun({ anvil, vault }: Paying, ledger: Ledger, first: number, count: number): Promise<number> {
  return gasOf(vault.connect(anvil.account(1)).claimBatch(...ledger.batch(first, count)))
}

async function average(claim: Claim, ledger: Ledger, indices: readonly number[]): Promise<number> {
  const gas: number[] = []
  for (const index of indices) gas.push(await claim(ledger, index))
  return mean(gas)
}

/** The figures of single claims beside the peers'. */
export function claimTable(figures: readonly Figure[]): Table {
  const value = (name: string): number => figures.find(figure => figure.name === name)!.value
  const ways = [...new Set(figures.map(({ name }) => name.split(', ').slice(0, 2).join(', ')))]
  return {
    title: `Claim, gas of the whole transaction, mean of ${CLAIMS}`,
    rows: [
      ...ways.map(way => ({
        who: `ours, ${way}`,
        ...Object.fromEntries(KINDS.map(kind => [kind, value(`${way}, ${kind}`)])),
      })),
      { who: `bar at ${BAR_LEAVES.toLocaleString('en-US')} leaves`, ...BARS },
      ...PEERS,
    ],
    notes: [
      "The peers' figures are records of an earlier measurement over 1,000,000 leaves, not of this run.",
    ],
  }
}
