import type { Challenge } from '../../attribution-oracle/src/domain'
import type { Leaves } from './epochs'

/** A lie about an epoch, and the kind of challenge that the prover has to find for it. */
export interface Lie {
  readonly name: string
  readonly kind: Challenge['kind']
  readonly tell: (leaves: Leaves) => void
}

const LIAR = `0x${'51'.repeat(20)}`

/** One for each challenge that needs no epoch before: they are told about epoch 1. */
export const FIRST_LIES: readonly Lie[] = [
  { name: 'a ledger leaf with the account of a liar', kind: 'account', tell: renameAccount },
  { name: 'a ledger that leaves its last holder out', kind: 'missing', tell: ({ ledger }) => ledger.pop() },
  { name: 'a journal that leaves its last entry out', kind: 'missing', tell: ({ journal }) => journal.pop() },
  {
    name: 'a manifest that leaves its last pool out',
    kind: 'missing',
    tell: ({ manifest }) => manifest.pop(),
  },
  { name: 'a ledger that begins above zero', kind: 'firstPrefix', tell: ({ ledger }) => ledger[0]!.prefix++ },
  { name: 'a wrong sum before a ledger leaf', kind: 'prefix', tell: ({ ledger }) => ledger[500]!.prefix++ },
  { name: 'a total that its ledger does not have', kind: 'total', tell: ({ post }) => post.total-- },
  { name: 'a wei moved between two holders in the ledger', kind: 'increase', tell: moveInLedger },
  {
    name: 'a journal entry of nothing',
    kind: 'journalLeaf',
    tell: ({ journal }) => (journal[4]!.amount = 0n),
  },
  { name: 'a wrong sum before an entry', kind: 'journalOrder', tell: ({ journal }) => journal[9]!.prefix++ },
  {
    name: 'a journal above the total',
    kind: 'journalTotal',
    tell: ({ journal }) => journal.at(-1)!.amount++,
  },
  { name: 'a pool without weights that pays', kind: 'poolLeaf', tell: weightless },
  { name: 'a wrong sum before a pool', kind: 'poolOrder', tell: ({ manifest }) => manifest[1]!.prefix++ },
  {
    name: 'a manifest below the total',
    kind: 'poolTotal',
    tell: ({ manifest }) => manifest.at(-1)!.amount--,
  },
  {
    name: 'a pool that pays what it never got',
    kind: 'pool',
    tell: ({ manifest }) => manifest[0]!.cumulative++,
  },
  {
    name: 'a pool that forgets what it pays',
    kind: 'poolCumulative',
    tell: ({ manifest }) => manifest[0]!.cumulative--,
  },
  { name: 'a weight for what nobody committed', kind: 'weight', tell: inventContribution },
  {
    name: 'a wrong sum before a weight',
    kind: 'weightOrder',
    tell: leaves => firstSettlement(leaves)[3]!.prefix++,
  },
  {
    name: 'a total weight that its settlement does not have',
    kind: 'weightTotal',
    tell: ({ manifest }) => manifest[0]!.totalWeight++,
  },
  {
    name: 'a settlement that leaves its last weight out',
    kind: 'weightMissing',
    tell: leaves => firstSettlement(leaves).pop(),
  },
]

/** All sums fit, and yet one holder gets a wei of another: the lie that is told in earnest. */
export const THEFT: Lie = { name: 'a wei stolen in the journal, all sums fit', kind: 'entry', tell: steal }

/** What only a post after a final one can be wrong about. */
export const LATER_LIES: readonly Lie[] = [
  { name: 'a holder who has less than before', kind: 'fallen', tell: takeBack },
  { name: 'a pool that was paid more before', kind: 'poolCumulative', tell: forgetPayment },
  { name: 'a pool that is gone', kind: 'poolDropped', tell: dropPool },
  { name: 'a wei moved in the ledger, after earlier payments', kind: 'increase', tell: moveInLedger },
]

function renameAccount({ ledger }: Leaves): void {
  ledger[7]!.account = LIAR
}

function moveInLedger({ ledger }: Leaves): void {
  ledger[20]!.cumulative -= 1n
  ledger[21]!.cumulative += 1n
  ledger[21]!.prefix -= 1n
}

function weightless({ manifest }: Leaves): void {
  manifest[0]!.totalWeight = 0n
}

function inventContribution(leaves: Leaves): void {
  firstSettlement(leaves)[2]!.contributionId |= 0xf_ffffn
}

/** Two neighbours in the journal that belong to two holders: a wei goes from one to the other, and so in the ledger. */
function steal({ journal, ledger }: Leaves): void {
  const at = journal.findIndex(
    (entry, i) => entry.amount > 1n && journal[i + 1]?.contributorIndex === entry.contributorIndex + 1,
  )
  const [victim, thief] = [journal[at]!, journal[at + 1]!]
  victim.amount -= 1n
  thief.amount += 1n
  thief.prefix -= 1n
  ledger[victim.contributorIndex]!.cumulative -= 1n
  ledger[thief.contributorIndex]!.cumulative += 1n
  ledger[thief.contributorIndex]!.prefix -= 1n
}

function takeBack({ ledger }: Leaves): void {
  ledger[3]!.cumulative = 0n
}

function forgetPayment({ manifest }: Leaves): void {
  manifest[0]!.cumulative--
}

/** The last pool earned nothing since: without it all sums still fit. */
function dropPool({ manifest, settlements, post }: Leaves): void {
  const pool = manifest.pop()!
  settlements.delete(pool.poolId)
  post.manifestCount -= 1
}

function firstSettlement({ settlements }: Leaves) {
  return [...settlements.values()][0]!
}
