import { isAddress, resolveProperties, Transaction, type TransactionRequest } from 'ethers'
import type { OutboxEntry, OutboxTry } from '../../domain'
import { AttributionOracleError } from '../../errors'
import type { Fees } from './fees'
import type { Sending } from './plan'
import type { Call } from './sendingChain'

/** Room for a state that moves between the estimate and the block; what is not used is not paid. */
const GAS_MARGIN = [12n, 10n] as const

interface Draft {
  nonce: number
  attempt: number
  kind: OutboxTry['kind']
  subject: string
  call: Call
  fees: Fees
}

/** Signs one try. @throws BALANCE_TOO_LOW, CALL_REVERTED, SIGNER_FAILED, SIGNER_LIED, RPC_FAILED */
export async function sign(sending: Sending, draft: Draft): Promise<OutboxTry> {
  const { chain, signer, observe, permitted, now } = sending
  const { nonce, attempt, kind, subject, call, fees } = draft
  const { address } = signer
  const estimate = await chain.estimateGas(address, call)
  // a plain transfer costs what it costs
  const gasLimit = kind === 'action' ? (estimate * GAS_MARGIN[0]) / GAS_MARGIN[1] : estimate
  const wei = await chain.balance(address)
  observe({ kind: 'balance', address, wei })
  const needed = gasLimit * fees.maxFeePerGas + call.value
  if (wei < needed) throw tooLittle(address, wei, needed)
  const chainId = await chain.chainId()
  permitted()
  const raw = await signer.signTransaction({ ...call, ...fees, nonce, gasLimit, chainId })
  return { attempt, kind, subject, hash: Transaction.from(raw).hash!, raw, ...fees, signedAt: now() }
}

export function tooLittle(address: string, balance: bigint, needed?: bigint): AttributionOracleError {
  const got = `${balance} wei`
  const expected = needed === undefined ? 'enough for gas and value' : `${needed} wei`
  return new AttributionOracleError(
    'BALANCE_TOO_LOW',
    { what: `${address} cannot pay for the transaction`, got, expected, fix: 'send it some' },
    { address, got, expected },
  )
}

/** The fees of a stored try, in the transaction itself: the columns came later. */
export function feesOf({ raw }: OutboxTry): Fees {
  const { maxFeePerGas, maxPriorityFeePerGas, gasPrice } = Transaction.from(raw)
  return {
    maxFeePerGas: maxFeePerGas ?? gasPrice ?? 0n,
    maxPriorityFeePerGas: maxPriorityFeePerGas ?? gasPrice ?? 0n,
  }
}

export function callOf({ raw }: OutboxTry): Call {
  const { to, data, value } = Transaction.from(raw)
  return { to: to!, data, value }
}

export function senderOf({ sender, tries }: OutboxEntry): string {
  return sender ?? Transaction.from(tries[0]!.raw).from!
}

export const newestOf = (entry: OutboxEntry): OutboxTry => entry.tries.at(-1)!

/** Uses a nonce up and does nothing else. */
export const nothingFor = (address: string): Call => ({ to: address, data: '0x', value: 0n })

export async function callFor(request: TransactionRequest): Promise<Call> {
  const { to, data, value } = await resolveProperties(request)
  if (typeof to !== 'string' || !isAddress(to)) {
    const [got, expected] = [String(to), 'an address']
    const what = 'A planned transaction goes nowhere'
    throw new AttributionOracleError(
      'INVALID_ARGUMENT',
      { what, got, expected },
      { argument: 'to', got, expected },
    )
  }
  return { to, data: data ?? '0x', value: BigInt(value ?? 0) }
}
