import { z } from 'zod'
import {
  EPOCH_INPUTS_FORMAT,
  POLICIES,
  type EpochInputs,
  type Post,
  type Register,
  type Root,
} from '../chainTypes'
import { address, amount, count, digest } from './fields'

const root = z.custom<Root>(v => typeof v === 'string' && /^0x[0-9a-f]{48}$/.test(v), {
  message: 'expected a 24-byte root',
})

export const postDocument: z.ZodType<Post> = z.object({
  epoch: count,
  specVersion: count,
  configDigest: digest,
  blockNumber: count,
  blockHash: digest,
  inputsDigest: digest,
  ledgerRoot: root,
  journalRoot: root,
  manifestRoot: root,
  ledgerCount: count,
  journalCount: count,
  manifestCount: count,
  total: amount,
  dataDigest: digest,
})

const range = { contributorIndex: count, firstContributionId: amount, count }

const register: z.ZodType<Register> = z.object({
  datanets: z.array(z.object({ datanetId: count, policy: z.enum(POLICIES) })),
  terms: z.array(
    z.object({ datanetId: count, version: count, stakePerItem: amount, purposes: count, license: digest }),
  ),
  parents: z.array(
    z.object({ datanetId: count, parents: z.array(z.object({ datanetId: count, bps: count })) }),
  ),
  decisions: z.array(z.object({ datanetId: count, batchId: amount, accepted: z.boolean() })),
  withdrawals: z.array(z.object(range)),
  licenses: z.array(z.object({ ...range, license: digest })),
  successions: z.array(z.object({ ...range, successorId: amount })),
})

/** The inputs as they are published and hashed. */
export const epochInputsDocument: z.ZodType<EpochInputs> = z.object({
  format: z.literal(EPOCH_INPUTS_FORMAT),
  version: z.literal(2),
  chainId: count,
  vault: address,
  registry: address,
  payments: address,
  epoch: count,
  configDigest: digest,
  blockNumber: count,
  blockHash: digest,
  contributors: z.array(z.object({ index: count, account: address })),
  batches: z.array(
    z.object({
      datanetId: count,
      batchId: amount,
      contributorIndex: count,
      contributor: address,
      firstContributionId: amount,
      itemCount: count,
      itemsRoot: digest,
      manifestDigest: digest,
    }),
  ),
  register,
  models: z.array(
    z.object({
      modelId: count,
      datanetId: count,
      baseModelId: count,
      artifactDigest: digest,
      manifestDigest: digest,
    }),
  ),
  redemptions: z.array(
    z.object({
      payer: address,
      modelId: count,
      amount,
      cumulative: amount,
      receiptsDigest: digest,
      blockNumber: count,
    }),
  ),
  pools: z.array(z.object({ poolId: amount, funded: amount })),
  previous: postDocument.nullable(),
})
