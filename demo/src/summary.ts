import {
  loadKeccak,
  poolParts,
  readEpoch,
  settleMerged,
  type EpochData,
  type Post,
} from '@open-datanets/attribution-oracle'
import type { Committed } from './chapters/contribute'
import { systemOf } from './chapters/lie'
import type { Models } from './chapters/train'
import { checksOf } from './checks'
import { earningsOf, sumOf, totalOf, type Earnings } from './earnings'
import type { Outcome } from './outcome'
import type { ContributorRow, EpochReport, ModelReport, Report, TotalsReport } from './report'
import type { World } from './world'

/** The second half of the report: who earned what and why, and whether everything adds up. */
export async function summarise(
  world: World,
  outcome: Outcome,
): Promise<Pick<Report, 'rows' | 'epoch' | 'totals' | 'sybil' | 'models' | 'checks'>> {
  const { attribution, corpus, models } = outcome
  const data = await readEpoch(world.content, attribution.post.dataDigest)
  const earnings = earningsOf(data)
  const rows = corpus.contributors.map(person => rowOf(person, data, earnings, outcome))
  const totals = await totalsOf(outcome)
  const sybil = await splitAgainstWhole(world, outcome)
  const parts = { rows, epoch: await epochOf(data, outcome), totals, sybil, models: modelsOf(models) }
  return { ...parts, checks: checksOf(world, parts, outcome, earnings) }
}

const share = (part: bigint, whole: bigint): number =>
  whole === 0n ? 0 : Number((part * 10n ** 9n) / whole) / 1e9

function rowOf(person: Committed, data: EpochData, earnings: Earnings, { claims }: Outcome): ContributorRow {
  const value = sumOf(person.contributionIds, earnings.value)
  const usage = sumOf(person.contributionIds, earnings.usage)
  const claimed = claims.byAccount.get(person.account)
  const verdicts = data.tables.screening.filter(({ id }) => person.contributionIds.includes(Number(id)))
  const paid = person.contributionIds.filter(id => earnings.value.has(id) || earnings.usage.has(id)).length
  return {
    name: person.name,
    role: person.role,
    account: person.account,
    files: person.files.length,
    paidFiles: paid,
    valueShare: share(value, totalOf(earnings.value)),
    usageShare: share(usage, totalOf(earnings.usage)),
    earnedValue: String(value),
    earnedUsage: String(usage),
    earned: String(claims.file.accounts[person.account]?.epochAmount ?? 0n),
    claimed: String(claimed?.amount ?? 0n),
    gas: String(claimed?.gasUsed ?? 0n),
    reason: reasonOf(verdicts, paid),
  }
}

/** What screening says of one file, and of several. */
const WORDS: Record<string, readonly [one: string, several: string]> = {
  EXACT_COPY: ['exact copy of an earlier file', 'exact copies of earlier files'],
  NEAR_COPY: ['copy of earlier code, renamed or rearranged', 'copies of earlier code, renamed or rearranged'],
  NOISE: ['noise: its word order says nothing', 'noise: their word order says nothing'],
  OUTLIER: ['outlier', 'outliers'],
  CONTRADICTED: ['contradicted', 'contradicted'],
  TOO_SMALL: ['too small', 'too small'],
  TOO_LARGE: ['too large', 'too large'],
  NOT_TEXT: ['no source code', 'no source code'],
}

/** The screening's reasons in words, most frequent first. */
function reasonOf(verdicts: EpochData['tables']['screening'], paid: number): string {
  const counts = new Map<string, number>()
  for (const { reason } of verdicts) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const accepted = counts.get('ACCEPTED') ?? 0
  const refused = [...counts].filter(([reason]) => reason !== 'ACCEPTED').sort((a, b) => b[1] - a[1])
  const parts = refused.map(([reason, count]) => `${count} ${WORDS[reason]?.[count === 1 ? 0 : 1] ?? reason}`)
  if (accepted > paid) parts.push(`${accepted - paid} did not help`)
  if (paid > 0) parts.unshift(`${paid} helped`)
  return parts.join(', ')
}

async function epochOf(data: EpochData, { attribution: { post }, stage }: Outcome): Promise<EpochReport> {
  const { screening, manifest, settlement } = data.tables
  const { rewardEscrow } = stage.system
  const funded = await Promise.all(
    manifest.map(({ poolId }) => rewardEscrow.funded(poolId, { blockTag: post.blockNumber })),
  )
  const count = (verdict: string): number => screening.filter(row => row.verdict === verdict).length
  return {
    number: post.epoch,
    ledgerRoot: post.ledgerRoot,
    manifestRoot: post.manifestRoot,
    journalRoot: post.journalRoot,
    dataDigest: post.dataDigest,
    configDigest: post.configDigest,
    screened: { accepted: count('accepted'), copies: count('copy'), rejected: count('rejected') },
    pools: manifest.map(({ poolId, amount }, index) => {
      const { kind, id } = poolParts(poolId)!
      return {
        poolId: String(poolId),
        name: kind === 'datanet' ? `Datanet ${id}` : `model ${id}`,
        question: kind === 'datanet' ? ('value' as const) : ('usage' as const),
        funded: String(funded[index]),
        paid: String(amount),
        contributions: settlement.filter(leaf => leaf.poolId === poolId).length,
      }
    }),
  }
}

async function totalsOf({ stage, claims, corpus }: Outcome): Promise<TotalsReport> {
  const { rewardEscrow, rewardVault, token } = stage.system
  const [released, balance] = await Promise.all([rewardEscrow.totalReleased(), token.balanceOf(rewardVault)])
  const accounts = corpus.contributors.map(({ account }) => account)
  const earned = accounts.reduce(
    (sum, account) => sum + (claims.file.accounts[account]?.epochAmount ?? 0n),
    0n,
  )
  const claimed = accounts.reduce((sum, account) => sum + (claims.byAccount.get(account)?.amount ?? 0n), 0n)
  return {
    funded: String(await rewardEscrow.totalFunded()),
    released: String(released),
    earned: String(earned),
    claimed: String(claimed),
    vaultBalance: String(balance),
  }
}

/** What five accounts earned, and what one account with the same files would have earned in the same epoch. */
async function splitAgainstWhole(
  world: World,
  { stage, corpus, claims, attribution }: Outcome,
): Promise<Report['sybil']> {
  const parts = corpus.contributors.filter(({ role }) => role === 'split author')
  const [first] = parts
  // Neither screening nor scoring is given the account of a file, so weights are the same for one account and for five.
  const deps = { content: world.content, keccak: await loadKeccak(), system: systemOf(stage) }
  const post = { ...attribution.post, total: BigInt(attribution.post.total) } as Post
  const merged = new Map(parts.map(({ contributorIndex }) => [contributorIndex, first!.contributorIndex]))
  const whole = await settleMerged(deps, post, merged)
  const accounts = parts.map(({ name, account }) => ({
    name,
    amount: claims.file.accounts[account]?.epochAmount ?? 0n,
  }))
  const split = accounts.reduce((sum, { amount }) => sum + amount, 0n)
  const unsplit = whole.journal.leaves
    .filter(({ contributorIndex }) => contributorIndex === first!.contributorIndex)
    .reduce((sum, { amount }) => sum + amount, 0n)
  return {
    accounts: accounts.map(({ name, amount }) => ({ name, earned: String(amount) })),
    split: String(split),
    unsplit: String(unsplit),
    difference: String(split - unsplit),
  }
}

function modelsOf({ base, adapters }: Models): ModelReport[] {
  const { before, unigram, bigram, model } = base.manifest.evaluation.loss
  return [
    {
      modelId: base.modelId,
      name: base.manifest.name,
      kind: 'base',
      trainedOn: base.manifest.contributionIds.length,
      loss: model.lossPerToken,
      before: before.lossPerToken,
      unigram: unigram.lossPerToken,
      bigram: bigram.lossPerToken,
      digest: base.manifest.model,
    },
    ...adapters.map(({ modelId, manifest }) => ({
      modelId,
      name: manifest.name,
      kind: 'adapter' as const,
      trainedOn: manifest.contributionIds.length,
      loss: manifest.evaluation.loss.after.lossPerToken,
      before: manifest.evaluation.loss.before.lossPerToken,
      unigram: null,
      bigram: null,
      digest: manifest.adapter,
    })),
  ]
}
