import { builds } from '../builds'
import { MODEL, open, type Verb } from './verb'

export const paymentVerbs: readonly Verb[] = [
  {
    task: 'payments:deposit',
    description: 'Adds OPEN to the deposit of the sender; allows it to the contract first where needed',
    contract: 'inferencePayments',
    method: 'deposit',
    parameters: [open('amount', 'How much')],
    spends: 'amount',
  },
  {
    task: 'payments:request-withdrawal',
    description: 'Announces a withdrawal from the deposit',
    contract: 'inferencePayments',
    method: 'requestWithdrawal',
    parameters: [open('amount', 'How much')],
  },
  {
    task: 'payments:withdraw',
    description: 'Pays an announced withdrawal out after the delay',
    contract: 'inferencePayments',
    method: 'withdraw',
    parameters: [],
  },
  {
    task: 'payments:redeem',
    description: "Redeems a signed voucher (the model's owner or one of its servers)",
    contract: 'inferencePayments',
    method: 'redeem',
    parameters: [
      { name: 'voucher', help: 'File of the signed voucher, as payments:sign-voucher writes it' },
      { name: 'receiptsDigest', help: 'SHA-256 of the receipts that explain the increase' },
    ],
    prepare: async ({ system, values }) => {
      return builds().vouchers.redeemArguments(
        system,
        [values['voucher'] as string],
        [values['receiptsDigest'] as string],
        'single',
      )
    },
  },
  {
    task: 'payments:redeem-batch',
    description: 'Redeems several signed vouchers; bad ones are skipped and reported',
    contract: 'inferencePayments',
    method: 'redeemBatch',
    parameters: [
      { name: 'vouchers', help: 'Files of signed vouchers, separated by commas' },
      { name: 'receiptsDigests', help: 'SHA-256 of the receipts of each, separated by commas' },
    ],
    prepare: async ({ system, values }) => {
      const files = (values['vouchers'] as string).split(',')
      return builds().vouchers.redeemArguments(
        system,
        files,
        (values['receiptsDigests'] as string).split(','),
        'batch',
      )
    },
  },
  {
    task: 'payments:pay',
    description: 'Pays a model directly; allows the amount to the contract first where needed',
    contract: 'inferencePayments',
    method: 'payDirect',
    parameters: [
      MODEL,
      open('amount', 'How much'),
      { name: 'requestDigest', help: 'SHA-256 of the request that is paid for' },
    ],
    spends: 'amount',
  },
  {
    task: 'payments:pay-with-authorization',
    description: 'Sends in a payment that its payer signed (EIP-3009); anyone may',
    contract: 'inferencePayments',
    method: 'payWithAuthorization',
    parameters: [{ name: 'authorization', help: 'File, as payments:sign-authorization writes it' }],
    prepare: async ({ system, values }) => {
      return builds().authorizations.paymentArguments(system, values['authorization'] as string)
    },
  },
  {
    task: 'payments:tally',
    description: 'Counts the protocol and staker parts of what models took since the last time',
    contract: 'inferencePayments',
    method: 'tally',
    parameters: [{ name: 'models', help: 'Ids of the models, e.g. 1,2' }],
  },
  {
    task: 'payments:collect-contributors',
    description: "Moves the contributors' part of a model's fees to its pool",
    contract: 'inferencePayments',
    method: 'collectContributors',
    parameters: [MODEL],
  },
  {
    task: 'payments:collect-owner',
    description: "Pays a model's owner its part",
    contract: 'inferencePayments',
    method: 'collectOwner',
    parameters: [MODEL],
  },
  {
    task: 'payments:collect-protocol',
    description: 'Pays the treasury its part',
    contract: 'inferencePayments',
    method: 'collectProtocol',
    parameters: [],
  },
  {
    task: 'payments:collect-stakers',
    description: 'Gives the stakers their part',
    contract: 'inferencePayments',
    method: 'collectStakers',
    parameters: [],
  },
  {
    task: 'payments:fund-pool',
    description: 'Gives OPEN to a pool of rewards; allows it to the escrow first where needed',
    contract: 'rewardEscrow',
    method: 'fund',
    parameters: [
      { name: 'pool', help: 'Id of the pool: 1 << 32 | datanet, or 2 << 32 | model' },
      open('amount', 'How much'),
    ],
    spends: 'amount',
  },
]
