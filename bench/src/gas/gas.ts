import type { Hardfork } from '@open-datanets/embedded-chain'
import type { Bench, BenchOptions } from '../bench'
import { BenchError } from '../errors'
import type { Row, Table } from '../table'
import { startAnvil } from './anvil'
import { challengeFigures } from './challenges'
import { batchFigures, claimFigures, claimTable } from './claims'
import { commitFigures, redeemFigures, transferFigures } from './daily'
import { EpochMaker } from './epochs'
import { overBar, type Figure } from './figure'
import { postFigures } from './posts'
import { startProtocol } from './protocol'
import { sizeFigures } from './sizes'
import { compareSnapshot, writeSnapshot } from './snapshot'

const HARDFORKS: readonly Hardfork[] = ['cancun', 'osaka']
/** Ledgers that are claimed from, from the smallest on; the last one has the bars. */
const CLAIM_LEAVES = [1_000, 100_000, 1_000_000]
const QUORUM = { operators: 10, faults: 3 }

interface Part {
  readonly title: string
  readonly figures: readonly Figure[]
  readonly notes?: readonly string[]
  /** beside the plain list */
  readonly table?: Table
}

export const gas: Bench = {
  name: 'gas',
  claim: 'a claim costs <= 71k / 54k / 54k gas (new holder, existing, repeat) from a million leaves',
  run: async options => {
    const measured = new Map<string, readonly Figure[]>()
    const tables: Table[] = []
    for (const hardfork of HARDFORKS) {
      const parts = await measure(hardfork, options)
      measured.set(
        hardfork,
        parts.flatMap(({ figures }) => figures),
      )
      // the same list once more would say little: of the other rules only what they change is shown
      if (hardfork === HARDFORKS[0]) tables.push(...parts.map(tableOf))
    }
    tables.push(hardforkTable(measured))
    await settle(measured, options)
    return tables
  },
}

async function measure(hardfork: Hardfork, { contributors }: BenchOptions): Promise<Part[]> {
  const anvil = await startAnvil(hardfork)
  try {
    const claims: Figure[] = []
    for (const leaves of CLAIM_LEAVES) claims.push(...(await claimFigures(anvil, leaves)))
    const batches = await batchFigures(anvil, CLAIM_LEAVES.at(-1)!)
    const alone = await startProtocol(anvil, { contributors, operators: 1, faults: 0 })
    const maker = await EpochMaker.create(alone)
    const posts = await postFigures(alone, maker, 'one poster')
    const challenges = await challengeFigures(alone, maker, posts.last)
    const quorum = await startProtocol(anvil, { contributors: 2, ...QUORUM })
    const together = await postFigures(quorum, await EpochMaker.create(quorum), '4 of 10 signatures')
    return [
      { title: 'Claims', figures: claims, table: claimTable(claims) },
      {
        title: `Contiguous batches out of ${CLAIM_LEAVES.at(-1)!.toLocaleString('en-US')} leaves`,
        figures: batches,
        notes: ['Peer, 256 in one call: Merkl 58,600 repeat, 110,000 new.'],
      },
      {
        title: `Epoch of ${contributors.toLocaleString('en-US')} contributors`,
        figures: [...posts.figures, ...together.figures],
        notes: ['Peers, post + finalize: Morpho 135,900 (no quorum), UMA 265,000, Lido 601,000 (5 of 9).'],
      },
      {
        title: 'Challenges: one transaction that rejects the post and marks its signers',
        figures: challenges,
        notes: ['No peer has such challenges.'],
      },
      {
        title: 'Commit',
        figures: await commitFigures(alone),
        notes: ['Peer, register one item: Vana 199,900.'],
      },
      { title: 'Redeem', figures: await redeemFigures(alone), notes: ['No bar was set for redeeming.'] },
      { title: 'Token', figures: await transferFigures(alone) },
      { title: 'Size of the deployed code', figures: await sizeFigures(alone) },
    ]
  } finally {
    await anvil.stop()
  }
}

function tableOf({ title, figures, notes, table }: Part): Table {
  if (table) return table
  const rows = figures.map(({ name, value, bar }): Row => ({
    what: name,
    value,
    ...(bar !== undefined && { bar }),
  }))
  return { title, rows, ...(notes && { notes }) }
}

/** What the rules of another hardfork change. */
function hardforkTable(measured: ReadonlyMap<string, readonly Figure[]>): Table {
  const [first, second] = HARDFORKS as [Hardfork, Hardfork]
  const others = new Map(measured.get(second)!.map(({ name, value }) => [name, value]))
  const rows = measured
    .get(first)!
    .filter(({ name, value }) => others.get(name) !== value)
    .map(({ name, value }): Row => ({ what: name, [first]: value, [second]: others.get(name)! }))
  const notes = [`${measured.get(first)!.length} figures compared, both on anvil --hardfork.`]
  return { title: `What ${second} counts differently from ${first}`, rows, notes }
}

/** Holds the figures against their bars and the committed snapshot, or records them. */
async function settle(
  measured: ReadonlyMap<string, readonly Figure[]>,
  { bars, check, update }: BenchOptions,
): Promise<void> {
  if (update) await writeSnapshot(measured)
  const changes = check ? await compareSnapshot(measured) : []
  if (changes.length > 0) throw new BenchError('SNAPSHOT_DIFFERS', { changes })
  if (!bars) return
  const missed = [...measured].flatMap(([hardfork, figures]) =>
    overBar(figures).map(figure => ({ hardfork, ...figure })),
  )
  if (missed.length > 0) throw new BenchError('BAR_MISSED', { missed })
}
