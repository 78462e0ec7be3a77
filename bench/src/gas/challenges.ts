import {
  answerOf,
  Challenger,
  findChallenge,
  memoryOutbox,
  privateKeySigner,
  type Challenge,
  type JournalLeaf,
  type LedgerLeaf,
  type ManifestLeaf,
  type Post,
  type Posted,
  type Sent,
  type Settlement,
  type SettlementLeaf,
} from '@open-datanets/attribution-oracle'
import { BenchError } from '../errors'
import type { Epoch, EpochMaker } from './epochs'
import type { Figure } from './figure'
import { addressesOf, nextEpoch, postEpoch, signed } from './posts'
import { POOLS, type Protocol } from './protocol'

const BAR = 80_000
const VICTIM = 7
const CHALLENGER = 13

/** An epoch's leaves, open to change. */
interface Lie {
  ledger: LedgerLeaf[]
  journal: JournalLeaf[]
  manifest: ManifestLeaf[]
  /** of the first pool, whose manifest leaf follows it */
  settlement: SettlementLeaf[]
  total: bigint
}

/** A lie of every kind that can be proven: what a liar changes, and nothing else. Counts stay those of the honest post. */
const LIES: Record<Challenge['kind'], (lie: Lie) => void> = {
  account: ({ ledger }) => (ledger[VICTIM]!.account = ledger[0]!.account),
  missing: ({ ledger }) => ledger.pop(),
  firstPrefix: ({ ledger }) => (ledger[0]!.prefix += 1n),
  prefix: ({ ledger }) => (ledger[VICTIM]!.prefix += 1n),
  fallen: lie => {
    lie.ledger[VICTIM]!.cumulative = 1n
    fitLedger(lie)
  },
  total: lie => (lie.total -= 1n),
  increase: lie => {
    lie.ledger[VICTIM]!.cumulative += 1n
    lie.ledger[0]!.cumulative -= 1n
    fitLedger(lie)
  },
  journalLeaf: ({ journal }) => (journal[VICTIM]!.amount = 0n),
  journalOrder: ({ journal }) => (journal[VICTIM]!.prefix += 1n),
  journalTotal: ({ journal }) => (journal.at(-1)!.amount += 1n),
  pool: ({ manifest }) => (manifest[0]!.cumulative *= 2n),
  poolLeaf: ({ manifest }) => (manifest[0]!.totalWeight = 0n),
  poolOrder: ({ manifest }) => (manifest[1]!.prefix += 1n),
  poolTotal: ({ manifest }) => (manifest.at(-1)!.amount += 1n),
  poolCumulative: ({ manifest }) => (manifest[0]!.cumulative -= 1n),
  poolDropped: ({ manifest }) => manifest.pop(),
  weight: ({ settlement }) => (settlement[VICTIM]!.contributionId += 1n << 20n),
  weightOrder: ({ settlement }) => (settlement[VICTIM]!.prefix += 1n),
  weightTotal: ({ manifest }) => (manifest[0]!.totalWeight += 1n),
  weightMissing: ({ settlement }) => settlement.pop(),
  entry: lie => {
    const [from, to] = lie.journal.filter(({ poolPosition }) => poolPosition === 0)
    from!.amount -= 1n
    to!.amount += 1n
    fitJournal(lie)
    lie.ledger[from!.contributorIndex]!.cumulative -= 1n
    lie.ledger[to!.contributorIndex]!.cumulative += 1n
    fitLedger(lie)
  },
}

/** Posts every lie about an epoch, has it found in the published leaves and struck down. */
export async function challengeFigures(
  protocol: Protocol,
  maker: EpochMaker,
  last: Epoch,
): Promise<Figure[]> {
  const epoch = await nextEpoch(protocol, maker, last)
  const figures: Figure[] = []
  for (const [kind, tell] of Object.entries(LIES)) {
    const { settlement, post } = told(maker, epoch, tell)
    const challenge = findChallenge(await posted(protocol, maker, post, settlement, last))
    if (challenge?.kind !== kind)
      throw new BenchError('FOUND_OTHERWISE', { kind, got: challenge?.kind ?? 'nothing' })
    const gas = await against(protocol, { settlement, post }, (challenger, signers) =>
      challenger.challenge(post, signers, challenge),
    )
    figures.push({ name: `challenge: ${kind}`, value: gas, bar: BAR })
  }
  return [
    ...figures,
    ...(await pageFigures(protocol, epoch)),
    await settleFigure(protocol, maker, epoch, last),
  ]
}

/** A page of the ledger that was not published: to demand it, to show it, to strike its withholder down. */
async function pageFigures(protocol: Protocol, epoch: Epoch): Promise<Figure[]> {
  const { anvil, system } = protocol
  const { post, settlement } = epoch
  const page = {
    tree: 'ledger' as const,
    poolId: 0n,
    root: post.ledgerRoot,
    leafCount: BigInt(post.ledgerCount),
    number: 1n,
  }
  const demand = { tree: page.tree, number: page.number, pool: undefined }
  const gas: Record<string, number> = {}
  await against(protocol, epoch, async (challenger, signers) => {
    const demanded = await challenger.demand(post, signers, demand)
    gas['demand'] = Number(demanded.gasUsed)
    const answer = answerOf(page, settlement.ledger)
    const reveal = async (): Promise<void> => {
      gas['reveal'] = Number((await challenger.reveal(post, signers, page, answer)).gasUsed)
    }
    await anvil.undoing(reveal)
    await anvil.pass(Number(await system.pageDemands.responseWindow()) + 1)
    const struck = await challenger.rejectUnrevealed(post, signers, page)
    gas['unrevealed'] = Number(struck.gasUsed)
    return struck
  })
  return [
    { name: 'demand a page of 64 leaves', value: gas['demand']! },
    { name: 'reveal a page of 64 leaves', value: gas['reveal']! },
    { name: 'challenge: page not revealed', value: gas['unrevealed']!, bar: BAR },
  ]
}

/** What a challenge leaves to a second transaction: to pay the slash out. */
async function settleFigure(
  protocol: Protocol,
  maker: EpochMaker,
  epoch: Epoch,
  last: Epoch,
): Promise<Figure> {
  const { anvil, system, operators } = protocol
  const { settlement, post } = told(maker, epoch, LIES.total)
  const challenge = findChallenge(await posted(protocol, maker, post, settlement, last))!
  let gas = 0
  await against(protocol, { settlement, post }, async (challenger, signers) => {
    const sent = await challenger.challenge(post, signers, challenge)
    const settled = await system.operatorSet.connect(anvil.account(CHALLENGER)).settleSlash(operators[0]!)
    gas = Number((await settled.wait())!.gasUsed)
    return sent
  })
  return { name: 'settle the slash of one operator', value: gas }
}

/** Posts, does the work against the post, and takes everything back. */
async function against(
  protocol: Protocol,
  epoch: Epoch,
  work: (challenger: Challenger, signers: number) => Promise<Sent>,
): Promise<number> {
  const { anvil } = protocol
  const signer = privateKeySigner(anvil.account(CHALLENGER).privateKey)
  const challenger = new Challenger(anvil.provider, signer, addressesOf(protocol), memoryOutbox())
  return anvil.undoing(async () => {
    await postEpoch(protocol, epoch)
    const { signers } = await signed(protocol, epoch.post)
    return Number((await work(challenger, signers)).gasUsed)
  })
}

function told(maker: EpochMaker, { settlement: honest, post }: Epoch, tell: (lie: Lie) => void): Epoch {
  const { trees } = maker
  const copy = <L>(leaves: readonly L[]): L[] => leaves.map(leaf => ({ ...leaf }))
  const [first, ...others] = honest.pools
  const lie: Lie = {
    ledger: copy(honest.ledger.leaves),
    journal: copy(honest.journal.leaves),
    manifest: copy(honest.manifest.leaves),
    settlement: copy(first!.settlement.leaves),
    total: honest.total,
  }
  tell(lie)
  const changed = trees.settlement(first!.poolId, lie.settlement)
  lie.manifest[0]!.settlementRoot = changed.tree.root
  const settlement: Settlement = {
    ...honest,
    pools: [{ ...first!, settlement: changed }, ...others],
    ledger: trees.ledger(lie.ledger),
    journal: trees.journal(lie.journal),
    manifest: trees.manifest(lie.manifest),
    total: lie.total,
  }
  const posted = maker.postOf(post.epoch, settlement)
  const counts = { ledgerCount: post.ledgerCount, journalCount: post.journalCount }
  return { settlement, post: { ...posted, ...counts } }
}

/** What the published leaves of a post and the chain say together. */
async function posted(
  { contributors }: Protocol,
  maker: EpochMaker,
  post: Post,
  { ledger, journal, manifest, pools }: Settlement,
  last: Epoch,
): Promise<Posted> {
  const funded = await Promise.all(POOLS.map(async pool => [pool, await maker.funded(pool)] as const))
  return {
    post,
    ledger,
    journal,
    manifest,
    settlements: new Map(pools.map(({ poolId, settlement }) => [poolId, settlement])),
    last: { post: last.post, ledger: last.settlement.ledger, manifest: last.settlement.manifest },
    accounts: contributors,
    committed: contributors.map(() => 1),
    funded: new Map(funded),
  }
}

function fitLedger(lie: Lie): void {
  let prefix = 0n
  for (const leaf of lie.ledger) {
    leaf.prefix = prefix
    prefix += leaf.cumulative
  }
  lie.total = prefix
}

function fitJournal(lie: Lie): void {
  let prefix = 0n
  for (const leaf of lie.journal) {
    leaf.prefix = prefix
    prefix += leaf.amount
  }
}
