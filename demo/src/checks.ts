import { sumOf, type Earnings } from './earnings'
import type { Outcome } from './outcome'
import type { ContributorRow, Report } from './report'
import type { World } from './world'

type Parts = Pick<Report, 'rows' | 'epoch' | 'totals' | 'sybil' | 'models'>

/** What must hold in every run, each with the figures that show it. */
export function checksOf(
  { size }: World,
  { rows, totals, sybil, models, epoch }: Parts,
  { corpus, attribution, governance, lie }: Outcome,
  earnings: Earnings,
): Report['checks'] {
  const row = (role: ContributorRow['role']): ContributorRow => rows.find(each => each.role === role)!
  const copier = corpus.contributors.find(({ role }) => role === 'renamed copier')!
  const source = corpus.contributors.find(({ name }) => name === copier.source)!
  const ofSource =
    sumOf(source.contributionIds, earnings.value) + sumOf(source.contributionIds, earnings.usage)
  const ofCopier = BigInt(row('renamed copier').earned)
  const base = models.find(({ kind }) => kind === 'base')!
  const baseline = base[size.baseline] ?? 0
  const withinFunds = epoch.pools.every(pool => BigInt(pool.paid) <= BigInt(pool.funded))
  const paid = epoch.pools.reduce((sum, pool) => sum + BigInt(pool.paid), 0n)
  const accounts = BigInt(sybil.accounts.length)
  const apart = BigInt(sybil.difference)
  return [
    check(
      'the exact copier earns nothing',
      row('exact copier').earned === '0',
      `${row('exact copier').earned} wei`,
    ),
    check(
      'the renamed copier earns at most 5 % of what its source earns on the same files',
      ofCopier * 20n <= ofSource,
      `${ofCopier} wei of ${ofSource} wei`,
    ),
    check('noise earns nothing', row('noise').earned === '0', `${row('noise').earned} wei`),
    check(
      'five accounts earn what one would have earned, within one wei per account',
      apart <= accounts && -apart <= accounts,
      `${sybil.split} wei split, ${sybil.unsplit} wei as one`,
    ),
    check(
      `the model beats the ${size.baseline} on held-out files`,
      base.loss < baseline,
      `${base.loss.toFixed(4)} nats per token, ${base.before.toFixed(4)} before; unigram ${base.unigram?.toFixed(4)}, bigram ${base.bigram?.toFixed(4)}`,
    ),
    check(
      'every adapter lowers the held-out loss of its sub-domain',
      models.every(model => model.kind === 'base' || model.loss < model.before),
      models
        .filter(m => m.kind === 'adapter')
        .map(m => `${m.name} ${m.before.toFixed(4)} -> ${m.loss.toFixed(4)}`)
        .join(', '),
    ),
    check(
      'pools, journal, ledger, escrow and claims agree to the wei',
      withinFunds &&
        String(paid) === totals.earned &&
        totals.earned === totals.claimed &&
        totals.earned === totals.released &&
        totals.vaultBalance === '0',
      `${paid} paid by pools, ${totals.earned} earned, ${totals.released} released, ${totals.claimed} claimed, ${totals.vaultBalance} left in the vault`,
    ),
    check(
      'a second oracle process computes the same root',
      attribution.verifier.agrees,
      `${attribution.verifier.ledgerRoot}, in ${attribution.verifier.seconds.toFixed(1)} s`,
    ),
    check(
      'governance set the emission weights, and the deployer holds no role',
      governance.deployerHasNoRole && BigInt(governance.votesFor) >= BigInt(governance.quorum),
      `${governance.votesFor} wei of votes for "${governance.description}", ${governance.quorum} needed`,
    ),
    check(
      'the lie was struck down and its poster slashed',
      BigInt(lie.slashed) > 0n,
      `${lie.slashed} wei slashed, ${lie.burned} burned`,
    ),
  ]
}

const check = (name: string, passed: boolean, detail: string): Report['checks'][number] => ({
  name,
  passed,
  detail,
})
