import { z } from 'zod'
import { EPOCH_STATES, REASON_CODES } from '../domain'

const MAX_EPOCH = 0xffffffff

// What is asked with. Messages say what was expected, and are served as they stand.

export const addressParam = z
  .string('expected an address')
  .regex(/^0x[0-9a-fA-F]{40}$/, 'expected an address: 0x and 40 hexadecimal digits')
  .describe('An address, with or without checksum')

const whole = /^(0|[1-9][0-9]{0,19})$/

const epochText = z
  .string('expected the number of an epoch')
  .refine(
    text => whole.test(text) && Number(text) >= 1 && Number(text) <= MAX_EPOCH,
    `expected the number of an epoch: a whole number from 1 to ${MAX_EPOCH}`,
  )

export const epochParam = epochText.transform(Number).describe('The number of an epoch, from 1')

export const contributionParam = z
  .string('expected the id of a contribution')
  .refine(
    text => whole.test(text) && BigInt(text) < 2n ** 64n,
    'expected the id of a contribution: a whole number below 2^64',
  )
  .transform(BigInt)
  .describe('The id of a contribution, a decimal string')

export const MAX_LIMIT = 200
const DEFAULT_LIMIT = 50

export const pageQuery = {
  cursor: z
    .string('expected one cursor')
    .refine(text => whole.test(text), 'expected a cursor, as "next" of another page gives it')
    .transform(BigInt)
    .optional()
    .describe('Where the page starts: "next" of the page before'),
  limit: z
    .string('expected one limit')
    .refine(
      text => whole.test(text) && Number(text) >= 1 && Number(text) <= MAX_LIMIT,
      `expected a whole number from 1 to ${MAX_LIMIT}`,
    )
    .transform(Number)
    .optional()
    .describe(`Items of the page, ${DEFAULT_LIMIT} by default, at most ${MAX_LIMIT}`),
}

export function pageOf({ cursor, limit }: { cursor?: bigint | undefined; limit?: number | undefined }): {
  after: bigint | undefined
  limit: number
} {
  return { after: cursor, limit: limit ?? DEFAULT_LIMIT }
}

// What is answered. Amounts are wei as decimal strings.

const amount = z.string().regex(/^(0|[1-9][0-9]*)$/)
const node = z.string().regex(/^0x[0-9a-f]{48}$/)
const digest = z.string().regex(/^0x[0-9a-f]{64}$/)
const address = z.string().regex(/^0x[0-9a-fA-F]{40}$/)
const bytes = z.string().regex(/^0x([0-9a-f]{2})*$/)
const count = z.number().int().nonnegative()
const poolKind = z.enum(['datanet', 'model']).nullable()

/** The sum that makes a list a page. */
export const pageSchema = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next: z.string().nullable().describe('Cursor of the next page') })

export const errorSchema = z
  .object({
    error: z.object({
      code: z.string(),
      message: z.string(),
      issues: z.array(z.object({ name: z.string(), got: z.string(), expected: z.string() })).optional(),
    }),
  })
  .describe('Why the request was not served')

export const rewardsSchema = z.array(
  z.object({
    chain: z.object({ id: count }),
    rewards: z.array(
      z.object({
        root: node.nullable().describe('Of the ledger that the vault pays by; null before the first'),
        epoch: count.nullable(),
        vault: address,
        token: z.object({ address, chainId: count, symbol: z.string(), decimals: count }),
        recipient: address,
        index: count.nullable(),
        prefix: amount.nullable(),
        amount: amount.describe('Ever earned, claimed or not: what a claim passes on'),
        claimed: amount.describe('Read from the chain at `block`'),
        claimable: amount.describe('amount - claimed'),
        pending: amount.describe('In a root that is not final yet'),
        paused: z.boolean().describe('Claims are paused'),
        block: count,
        proofs: z.array(node),
        breakdowns: z.array(
          z.object({
            reason: z.string(),
            campaignId: amount.describe('The pool'),
            kind: poolKind,
            id: count.describe('Of the Datanet or model'),
            epoch: count,
            amount,
            claimed: amount,
            pending: amount,
          }),
        ),
        missingEpochs: z.array(count).describe('Epochs whose breakdowns could not be read'),
      }),
    ),
  }),
)

export const proofSchema = z.object({
  chainId: count,
  vault: address,
  epoch: count,
  root: node,
  index: count,
  account: address,
  cumulative: amount,
  prefix: amount,
  proofs: z.array(node),
  proof: bytes.describe('The proofs in one, as RewardVault.claim takes them'),
})

export const calldataSchema = z.object({
  chainId: count,
  to: address,
  data: bytes.describe('RewardVault.claim(index, account, cumulative, prefix, proof)'),
  value: z.literal('0'),
  account: address,
  epoch: count,
  root: node,
  claimable: amount.describe('What the call pays now'),
  paused: z.boolean(),
  block: count,
})

export const postSchema = z.object({
  epoch: count,
  specVersion: count,
  configDigest: digest,
  blockNumber: z.union([count, amount]),
  blockHash: digest,
  inputsDigest: digest,
  ledgerRoot: node,
  journalRoot: node,
  manifestRoot: node,
  ledgerCount: count,
  journalCount: count,
  manifestCount: count,
  total: amount,
  dataDigest: digest,
})

export const epochSchema = z.object({
  epoch: count,
  state: z.enum(EPOCH_STATES),
  configDigest: digest.nullable(),
  openedAt: count.nullable().describe('Block'),
  post: postSchema.nullable().describe('The final or pending one, else what was settled here'),
  posts: z.array(
    z.object({
      status: z.enum(['pending', 'rejected', 'cancelled', 'final']),
      poster: address,
      signers: count.describe('Bit i: the operator at position i of the epoch signed'),
      deadline: count.describe('Unix seconds from which it can be made final'),
      decidedAt: count.nullable().describe('Block'),
      ledgerRoot: node,
      dataDigest: digest,
    }),
  ),
})

export const manifestSchema = z.object({
  epoch: count,
  final: z.boolean(),
  ledgerRoot: node,
  journalRoot: node,
  manifestRoot: node,
  dataDigest: digest,
  accounts: count,
  total: amount,
  pools: z.array(
    z.object({
      poolId: amount,
      kind: poolKind,
      id: count,
      settlementRoot: node,
      leafCount: count,
      totalWeight: amount,
      amount,
      cumulative: amount,
    }),
  ),
})

export const attestationsSchema = z.object({
  epoch: count,
  post: postSchema.nullable(),
  attestations: z.array(
    z.object({
      format: z.string(),
      version: count,
      chainId: count,
      oracle: address,
      epoch: count,
      operator: address,
      digest,
      signature: bytes,
    }),
  ),
})

export const contributionSchema = z.object({
  epoch: count,
  id: amount,
  count: count.describe('1, or a run of contributions that was never looked into'),
  contributorIndex: count,
  account: z.string(),
  verdict: z.enum(['accepted', 'copy', 'rejected']),
  reason: z.enum(REASON_CODES),
  representative: amount,
  novelty: z.number(),
  detail: z.string(),
  amount,
  pools: z.array(
    z.object({
      poolId: amount,
      score: z.number().nullable(),
      reason: z.enum(REASON_CODES).nullable(),
      weight: amount,
      amount,
    }),
  ),
})

export const modelSchema = z.object({
  modelId: count,
  datanetId: count,
  baseModelId: count.describe('0 for a base model'),
  artifactDigest: digest,
  manifestDigest: digest,
})

export const figuresSchema = z.object({
  epoch: count,
  block: count,
  accounts: count,
  entries: count.describe('Accounts times pools that the epoch paid'),
  pools: count,
  amount: amount.describe('Paid by the epoch'),
  total: amount.describe('Paid by all epochs up to it'),
})

export const readySchema = z.object({ ready: z.boolean(), reasons: z.array(z.string()) })
