import type { Signer } from 'ethers'
import type { CausalLmConfig, Linear, Tokenizer, Weights } from '@open-datanets/onnx-engine'
import { AdapterStore } from './adapters/adapterStore'
import type { ContentStore, Digest } from '@open-datanets/content-store'
import { Scheduler } from './decoding/scheduler'
import { ThreadDecoder } from './decoding/threadDecoder'
import { OpenLoraError } from './errors'
import { FileJournal } from './journal/fileJournal'
import { Accounts } from './payments/accounts'
import type { PaymentsView } from './payments/paymentsView'
import { VoucherVerifier } from './payments/voucherVerifier'
import type { PaymentsDomain } from './paymentsDomain'
import type { ServedModel } from './servedModel'
import { OpenLora } from './server'

export interface ServerOptions {
  base: {
    /** what adapters name in their metadata as the base that they were trained on */
    digest: Digest
    config: CausalLmConfig
    weights: Weights
    tokenizer: Tokenizer
  }
  /** the base under its own model id, if it is served, and the adapters on it */
  models: readonly ServedModel[]
  /** requests that run together. Default 32 */
  slots?: number
  /** requests that may wait for a slot. Default 1024 */
  queueLimit?: number
  lora: {
    /** of the largest adapter that fits */
    rank: number
    /** linear layers that adapters may change */
    targets: readonly Linear[]
  }
  /** memory for decoded adapters. Default 256 MiB */
  adapterBytes?: number
  /** wei that a payer may consume and have reserved at one model before an exact voucher has to come */
  creditLimit: bigint
  domain: PaymentsDomain
  /** file of receipts and settlements; continued when it exists */
  journal: string
}

export interface ServerDependencies {
  /** adapters are read from it, receipts documents written to it */
  content: ContentStore
  payments: PaymentsView
  /** signs receipts */
  signer: Signer
}

/** Starts a server: reads its journal and starts its decoder thread. Close it to stop both. */
export async function createServer(
  options: ServerOptions,
  dependencies: ServerDependencies,
): Promise<OpenLora> {
  const { base, lora, slots = 32, queueLimit = 1024, adapterBytes = 256 * 2 ** 20 } = options
  const { config, weights, tokenizer } = base
  if (tokenizer.vocabSize > config.vocabSize) throw tooManyTokens(tokenizer.vocabSize, config.vocabSize)
  const { journal, entries } = await FileJournal.open(options.journal)
  try {
    const accounts = new Accounts(dependencies.payments, entries)
    const decoder = await ThreadDecoder.create({ config, weights, slots, ...lora })
    return new OpenLora({
      models: new Map(options.models.map(model => [model.modelId, model])),
      tokenizer,
      contextLength: config.contextLength,
      creditLimit: options.creditLimit,
      adapters: new AdapterStore(
        { base: base.digest, shape: { config, ...lora }, bytesLimit: adapterBytes },
        dependencies.content,
      ),
      scheduler: new Scheduler(decoder, { queueLimit, vocabulary: tokenizer.vocabSize }),
      accounts,
      journal,
      domain: options.domain,
      vouchers: new VoucherVerifier(options.domain),
      ...dependencies,
    })
  } catch (error) {
    await journal.close()
    throw error
  }
}

function tooManyTokens(got: number, expected: number): OpenLoraError {
  return new OpenLoraError(
    'TOKENIZER_UNFIT',
    {
      what: 'the tokenizer has tokens that the base model does not know',
      got: `${got} tokens`,
      expected: `at most ${expected}`,
      fix: 'use the tokenizer that the base was trained with',
    },
    { got, expected },
  )
}
