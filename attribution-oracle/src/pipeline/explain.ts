import { readEpoch } from '../content'
import {
  poolParts,
  type ContentStore,
  type Post,
  type PostRecord,
  type RegisteredModel,
  type Row,
} from '../domain'
import { AttributionOracleError } from '../errors'
import { causesOf, type Change } from './explainChange'
import {
  expectSum,
  ofPool,
  readSettled,
  redemptionsOf,
  type Explaining,
  type SettledEpoch,
} from './explainEpoch'
import { contributionsIn, type Explanation } from './explainShares'

/** What an account earned from one pool in one epoch. */
export interface PoolExplanation {
  poolId: bigint
  /** the model whose fees it is; null for the emissions of a datanet, and for a model of a kind unknown here */
  model: RegisteredModel | null
  /** paid out by earlier epochs, and by this one */
  paidBefore: bigint
  poolAmount: bigint
  totalWeight: bigint
  /** of all contributions of the account together */
  weight: bigint
  /** the account's journal entry */
  amount: bigint
  /** what a model's fees are split by; empty for a datanet */
  redemptions: readonly Row<'receipts'>[]
}

export interface AccountExplanation {
  epoch: number
  account: string
  contributorIndex: number
  /** what the chain says of the post; null where nobody asked, or nothing was posted yet */
  status: PostRecord['status'] | null
  contributions: readonly Explanation[]
  pools: readonly PoolExplanation[]
  /** earned in this epoch */
  amount: bigint
  /** ever earned before this epoch, and with it: what the ledger says */
  before: bigint
  cumulative: bigint
  /** null in the first epoch */
  change: Change | null
}

/**
 * Rebuilds what an account earned in an epoch from its post on chain and content alone: contributions -> decision ->
 * score -> weight -> pool -> amount, and the difference to the epoch before with its causes.
 * @returns null for `change` where there was no epoch before
 * @throws INVALID_ARGUMENT for an account that the epoch's ledger does not hold, INVALID_DOCUMENT, CONTENT_MISSING, and
 * INVARIANT_BROKEN when shares, journal and ledger do not add up to the wei
 */
export async function explainAccount(
  deps: Explaining,
  { post, status }: Pick<AccountExplanation, 'status'> & Pick<PostRecord, 'post'>,
  account: string,
): Promise<AccountExplanation> {
  const now = await readSettled(deps, post)
  const before = now.inputs.previous ? await readSettled(deps, now.inputs.previous) : undefined
  return { ...explainAccountIn(now, before, account), status }
}

/**
 * The same of epochs that were read already; pure.
 * @param before the epoch that `now` follows, undefined for the first
 */
export function explainAccountIn(
  now: SettledEpoch,
  before: SettledEpoch | undefined,
  account: string,
): AccountExplanation {
  const { tables, post } = now
  const wanted = account.toLowerCase()
  const contributorIndex = tables.ledger.findIndex(leaf => leaf.account.toLowerCase() === wanted)
  if (contributorIndex < 0)
    throw unknown('account', account, `an account of the ledger of epoch ${post.epoch}`)
  const { cumulative } = tables.ledger[contributorIndex]!
  const earlier = before?.tables.ledger[contributorIndex]?.cumulative ?? 0n
  const contributions = contributionsIn(now, row => row.contributorIndex === contributorIndex)
  const pools = tables.manifest.flatMap((pool, position) =>
    poolOf(now, pool, position, contributorIndex, contributions),
  )
  const amount = pools.reduce((sum, pool) => sum + pool.amount, 0n)
  expectSum(
    `what the contributions of ${account} earned, against its increase in the ledger`,
    amount,
    cumulative - earlier,
  )
  return {
    epoch: post.epoch,
    account: tables.ledger[contributorIndex]!.account,
    contributorIndex,
    status: null,
    contributions,
    pools,
    amount,
    before: earlier,
    cumulative,
    change: before ? causesOf(now, before, contributorIndex) : null,
  }
}

/** One pool, where the account takes part in it; its contributions have to earn what the journal says. */
function poolOf(
  { tables, inputs }: SettledEpoch,
  { poolId, amount: poolAmount, totalWeight, cumulative }: Row<'manifest'>,
  position: number,
  contributorIndex: number,
  contributions: readonly Explanation[],
): PoolExplanation[] {
  const shares = contributions.flatMap(({ pools }) => pools.filter(share => share.poolId === poolId))
  const earned = shares.reduce((sum, share) => sum + share.amount, 0n)
  const entries = tables.journal.filter(
    leaf => leaf.contributorIndex === contributorIndex && leaf.poolPosition === position,
  )
  const amount = entries.reduce((sum, entry) => sum + entry.amount, 0n)
  expectSum(
    `shares of contributor ${contributorIndex} in pool ${poolId}, against the journal`,
    earned,
    amount,
  )
  const own = ofPool(tables.settlement, poolId).filter(leaf => leaf.contributorIndex === contributorIndex)
  const weight = own.reduce((sum, leaf) => sum + leaf.weight, 0n)
  expectSum(`leaves of contributor ${contributorIndex} in pool ${poolId}`, BigInt(own.length), paid(shares))
  if (shares.length === 0) return []
  const parts = poolParts(poolId)
  const model =
    parts?.kind === 'model' ? inputs.models.find(({ modelId }) => modelId === parts.id) : undefined
  return [
    {
      poolId,
      model: model ?? null,
      paidBefore: cumulative - poolAmount,
      poolAmount,
      totalWeight,
      weight,
      amount,
      redemptions: redemptionsOf(tables, poolId),
    },
  ]
}

/** How many of the shares have a leaf. */
function paid(shares: readonly { weight: bigint }[]): bigint {
  return BigInt(shares.filter(({ weight }) => weight > 0n).length)
}

/**
 * Rebuilds what one contribution earned in an epoch: decision -> score -> weight -> pool -> amount.
 * @throws INVALID_ARGUMENT when the epoch knows no such contribution
 */
export async function explainContribution(
  content: ContentStore,
  post: Post,
  id: bigint,
): Promise<Explanation> {
  const { tables } = await readEpoch(content, post.dataDigest, post)
  const [found] = contributionsIn({ tables }, row => row.id <= id && id < row.id + BigInt(row.count))
  if (!found) throw unknown('contribution', String(id), `a contribution of epoch ${post.epoch}`)
  return found
}

function unknown(argument: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: `The epoch knows no such ${argument}`, got, expected },
    { argument, got, expected },
  )
}
