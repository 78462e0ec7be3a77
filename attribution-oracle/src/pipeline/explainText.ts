import { poolParts } from '../domain'
import type { AccountExplanation, PoolExplanation } from './explain'
import { CAUSES, type Cause, type Change } from './explainChange'
import type { Explanation, PoolShare } from './explainShares'

/** Contributions that are listed one by one; the rest is counted by reason. */
const LISTED = 40

const CAUSE_WORDS: Record<Cause, string> = {
  pool: 'the pools paid another amount (at the old share)',
  withdrawn: 'own contributions taken back or replaced',
  decision: 'own contributions decided otherwise',
  new: 'own contributions that are new',
  ownScores: 'own contributions scored otherwise',
  others: 'what others contributed, and its scores',
  posted: 'weights that are not those of the published scores',
  rounding: 'rounding to whole wei',
}

/** An account's epoch for a person: aligned columns, amounts in OPEN with all 18 digits. */
export function accountText(explained: AccountExplanation): string {
  const { account, contributorIndex, epoch, status, contributions, pools, change } = explained
  return [
    `${account} (contributor ${contributorIndex}) in epoch ${epoch}${status ? `, whose post is ${status}` : ''}`,
    '',
    ...table([
      ['earned in this epoch', openText(explained.amount)],
      ['earned before it', openText(explained.before)],
      ['ever earned', openText(explained.cumulative)],
    ]),
    '',
    ...pools.flatMap(poolLines),
    ...contributionLines(contributions),
    ...(change ? changeLines(change) : ['This is the first epoch: there is no difference to show.']),
    '',
    'Checked: shares = journal, journal = increase of the ledger, causes = difference; every table has its posted root.',
  ].join('\n')
}

/** One contribution for a person, with the floor arithmetic of every pool. */
export function contributionText({ decision, reason, words, account, pools, amount }: Explanation): string {
  const { id, count, novelty, representative, detail } = decision
  return [
    `contribution ${id}${count > 1 ? ` to ${id + BigInt(count) - 1n}` : ''} of ${account}`,
    '',
    ...table([
      ['decision', `${reason}: ${words}`],
      ['detail', detail],
      ...(representative === id ? [] : [['the file counts for', `contribution ${representative}`]]),
      ['novelty', String(novelty)],
      ['earned', openText(amount)],
    ]),
    ...pools.flatMap(share => ['', ...shareLines(share)]),
  ].join('\n')
}

/** Wei as OPEN, exact. */
export function openText(wei: bigint): string {
  const digits = String(wei < 0n ? -wei : wei).padStart(19, '0')
  const whole = digits.slice(0, -18).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${wei < 0n ? '-' : ''}${whole}.${digits.slice(-18)} OPEN`
}

function signed(wei: bigint): string {
  return `${wei > 0n ? '+' : ''}${openText(wei)}`
}

function nameOf(poolId: bigint): string {
  const parts = poolParts(poolId)
  return parts ? `${parts.kind} ${parts.id}` : `pool ${poolId}`
}

function poolLines(pool: PoolExplanation): string[] {
  const { poolId, model, poolAmount, paidBefore, weight, totalWeight, amount, redemptions } = pool
  const counted = redemptions.filter(({ accepted }) => accepted)
  const refused = redemptions.filter(({ accepted }) => !accepted)
  const base = model && model.baseModelId > 0 ? `, an adapter of model ${model.baseModelId}` : ''
  return [
    `Pool of ${nameOf(poolId)}`,
    ...table([
      ['  pays in this epoch', openText(poolAmount)],
      ['  paid before', openText(paidBefore)],
      [
        '  own weight of all',
        `${weight} of ${totalWeight}${totalWeight > 0n ? ` (${percent(weight, totalWeight)})` : ''}`,
      ],
      ['  earned', openText(amount)],
      ...(model ? [['  model', `${model.artifactDigest}${base}`]] : []),
      ...(model
        ? [
            [
              '  split by',
              `${sum(counted)} paid for ${outputs(counted)} outputs in ${counted.length} redemptions`,
            ],
          ]
        : []),
      ...refused.map(row => ['  not counted', `${openText(row.amount)} of ${row.payer}: ${row.reason}`]),
    ]),
    '',
  ]
}

function sum(rows: readonly { amount: bigint }[]): string {
  return openText(rows.reduce((total, { amount }) => total + amount, 0n))
}

function outputs(rows: readonly { outputs: number }[]): number {
  return rows.reduce((total, row) => total + row.outputs, 0)
}

function contributionLines(contributions: readonly Explanation[]): string[] {
  if (contributions.length === 0) return ['No contributions in the Datanet of this epoch.', '']
  const listed = [...contributions].sort(byAmount).slice(0, LISTED)
  const rest = contributions.length - listed.length
  const rows = listed.flatMap(({ decision, reason, words, pools }) => {
    const id = decision.count > 1 ? `${decision.id} and ${decision.count - 1} more` : String(decision.id)
    if (pools.length === 0) return [[id, reason, '', '', '', openText(0n), words]]
    return pools.map((share, i) => [
      i === 0 ? id : '',
      i === 0 ? reason : '',
      nameOf(share.poolId),
      scoreText(share),
      String(share.weight),
      openText(share.amount),
      i === 0 && reason !== 'ACCEPTED' ? words : '',
    ])
  })
  const head = ['contribution', 'decision', 'pool', 'score', 'weight', 'earned', '']
  const more = rest > 0 ? [`... and ${rest} more, of which none earned more`] : []
  return ['Contributions', ...table([head, ...rows]), ...more, '']
}

function byAmount(a: Explanation, b: Explanation): number {
  if (a.amount !== b.amount) return a.amount > b.amount ? -1 : 1
  return a.decision.id < b.decision.id ? -1 : 1
}

function scoreText({ score, value, error, bound }: PoolShare): string {
  if (score === null) return 'none'
  if (value === undefined || error === undefined || bound === undefined) return short(score)
  return `${short(score)} (${short(value)} ± ${short(error)}, at least ${short(bound)})`
}

function shareLines(share: PoolShare): string[] {
  const { poolId, payable, scoredWeight, weight, prefix, totalWeight, poolAmount, amount } = share
  const product = `floor(${poolAmount} * ${prefix + weight} / ${totalWeight}) - floor(${poolAmount} * ${prefix} / ${totalWeight})`
  return [
    `Pool of ${nameOf(poolId)}`,
    ...table([
      ['  score', scoreText(share)],
      ['  times novelty', short(payable)],
      ['  weight', `${weight} of ${totalWeight}`],
      ...(scoredWeight === undefined || scoredWeight === weight
        ? []
        : [['  by its score', `${scoredWeight}: the post gives another weight than its scores do`]]),
      ['  earned', openText(amount)],
      ...(weight > 0n ? [['  in wei', `${product} = ${amount}`]] : []),
    ]),
  ]
}

function changeLines({ since, before, difference, causes, pools, decisions }: Change): string[] {
  const moved = CAUSES.filter(cause => causes[cause] !== 0n)
  return [
    `Difference to epoch ${since}, which paid ${openText(before)}: ${signed(difference)}`,
    ...table(moved.map(cause => [`  ${CAUSE_WORDS[cause]}`, signed(causes[cause])])),
    ...(pools.length > 1
      ? table(
          pools.map(pool => [`  of which pool of ${nameOf(pool.poolId)}`, signed(pool.after - pool.before)]),
        )
      : []),
    ...decisions
      .slice(0, LISTED)
      .map(({ id, before: was, after }) => `  contribution ${id}: ${was ?? 'not there'} -> ${after}`),
    ...(decisions.length > LISTED ? [`  ... and ${decisions.length - LISTED} more`] : []),
  ]
}

function percent(part: bigint, whole: bigint): string {
  return `${(Number((part * 1_000_000n) / whole) / 10_000).toFixed(4)} %`
}

function short(value: number): string {
  return String(Number(value.toPrecision(6)))
}

/** Columns as wide as their widest cell; numbers stand to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>(
    (all, row) => row.map((cell, i) => Math.max(all[i] ?? 0, cell.length)),
    [],
  )
  const cell = (text: string, i: number): string =>
    /^[-+]?[\d,.]+( OPEN)?$/.test(text) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)
  return rows.map(row => row.map(cell).join('  ').trimEnd())
}
