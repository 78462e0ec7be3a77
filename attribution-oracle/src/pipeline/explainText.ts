import { poolParts } from '../domain'
import { formatAmount } from './amountText'
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
    ...fields([
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
    ...fields([
      ['decision', `${reason}: ${words}`],
      ['detail', detail],
      ...(representative === id ? [] : [['the file counts for', `contribution ${representative}`]]),
      ['novelty', String(novelty)],
      ['earned', openText(amount)],
    ]),
    ...pools.flatMap(share => ['', ...shareLines(share)]),
  ].join('\n')
}

/** What an account earned, by epoch and pool, for a person. */
export function earningsText(
  account: string,
  total: bigint,
  rows: readonly { epoch: number; poolId: bigint; amount: bigint }[],
): string {
  const head = `${account} earned ${openText(total)} in the epochs of this store`
  const listed = rows.map(({ epoch, poolId, amount }) => [String(epoch), nameOf(poolId), openText(amount)])
  return [head, ...(listed.length > 0 ? ['', ...table([['epoch', 'pool', 'earned'], ...listed])] : [])].join(
    '\n',
  )
}

function openText(wei: bigint): string {
  return `${formatAmount(wei)} OPEN`
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
    ...fields([
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
              `${sum(counted)} paid in ${counted.length} redemptions, outputs: ${outputs(counted)}`,
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
    ...fields([
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
    ...fields(moved.map(cause => [`  ${CAUSE_WORDS[cause]}`, signed(causes[cause])])),
    ...(pools.length > 1
      ? fields(
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

const NUMBER = /^[-+]?[\d,.]+( OPEN)?$/
const AMOUNT = / OPEN$/

/** Names with what they are; amounts stand under each other. */
function fields(rows: readonly (readonly string[])[]): string[] {
  const name = Math.max(...rows.map(([text = '']) => text.length))
  const amount = Math.max(...rows.map(([, text = '']) => (isAmount(text) ? text.length : 0)))
  return rows.map(([text = '', value = '']) =>
    `${text.padEnd(name)}  ${isAmount(value) ? value.padStart(amount) : value}`.trimEnd(),
  )
}

function isAmount(text: string): boolean {
  return NUMBER.test(text) && AMOUNT.test(text)
}

/** A head over columns as wide as their widest cell; columns of numbers stand to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]!.map((_, i) => rows.map(row => row[i] ?? ''))
  const widths = columns.map(cells => Math.max(...cells.map(text => text.length)))
  const numeric = columns.map(cells => cells.slice(1).every(text => text === '' || NUMBER.test(text)))
  const cell = (text: string, i: number): string =>
    numeric[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)
  return rows.map(row => row.map(cell).join('  ').trimEnd())
}
