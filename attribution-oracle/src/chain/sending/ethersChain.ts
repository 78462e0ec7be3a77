import { isCallException, isError, toQuantity, type JsonRpcProvider } from 'ethers'
import { AttributionOracleError } from '../../errors'
import { asked, rpcFailed } from '../rpcFault'
import type { Broadcast, Market, SendingChain } from './sendingChain'

const BLOCKS_OF_HISTORY = 10
const ONE_GWEI = 10n ** 9n

/** What `eth_feeHistory` answers; quantities in hexadecimal. */
interface FeeHistory {
  baseFeePerGas: readonly string[]
  gasUsedRatio: readonly number[]
  reward?: readonly (readonly string[])[]
}

/** A chain behind an ethers provider. */
export function ethersChain(provider: JsonRpcProvider): SendingChain {
  return {
    pollMs: provider.pollingInterval,
    chainId: async () => (await asked('eth_chainId', provider.getNetwork())).chainId,
    transactionCount: (address, at) =>
      asked('eth_getTransactionCount', provider.getTransactionCount(address, at)),
    async mined(hash) {
      const receipt = await asked('eth_getTransactionReceipt', provider.getTransactionReceipt(hash))
      if (!receipt) return undefined
      const { blockNumber, gasUsed, fee: cost, status } = receipt
      return { hash, blockNumber, succeeded: status === 1, gasUsed, cost }
    },
    holds: async hash => (await asked('eth_getTransactionByHash', provider.getTransaction(hash))) !== null,
    async finalizedBlock() {
      const block = await asked('eth_getBlockByNumber', provider.getBlock('finalized'))
      return block?.number ?? 0
    },
    market: percentile => marketOf(provider, percentile),
    balance: address => asked('eth_getBalance', provider.getBalance(address)),
    async simulate(from, call) {
      await unreverted('eth_call', provider.call({ ...call, from }))
    },
    estimateGas: (from, call) => unreverted('eth_estimateGas', provider.estimateGas({ ...call, from })),
    broadcast: raw => broadcast(provider, raw),
  }
}

async function marketOf(provider: JsonRpcProvider, percentile: number): Promise<Market> {
  const parameters = [toQuantity(BLOCKS_OF_HISTORY), 'latest', [percentile]]
  const answer = provider.send('eth_feeHistory', parameters) as Promise<FeeHistory>
  const { baseFeePerGas, gasUsedRatio, reward = [] } = await asked('eth_feeHistory', answer)
  const paid = reward
    .filter((_, i) => (gasUsedRatio[i] ?? 0) > 0)
    .map(([fee]) => BigInt(fee ?? 0))
    .sort((a, b) => (a < b ? -1 : 1))
  const priorityFee = paid[paid.length >> 1] ?? (await suggestedFee(provider))
  return { baseFee: BigInt(baseFeePerGas.at(-1) ?? 0), priorityFee }
}

/** Where no recent block holds a transaction. */
async function suggestedFee(provider: JsonRpcProvider): Promise<bigint> {
  const answer = provider.send('eth_maxPriorityFeePerGas', []) as Promise<string>
  return BigInt(await answer.catch(() => ONE_GWEI))
}

async function unreverted<T>(method: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (cause) {
    if (!isCallException(cause)) {
      const what = `The RPC did not answer ${method}`
      throw rpcFailed(what, method, cause, 'check the URL, or try again later')
    }
    const reason = cause.reason ?? cause.data ?? cause.shortMessage
    const what = 'The chain would refuse the transaction'
    throw new AttributionOracleError('CALL_REVERTED', { what, got: reason }, { call: method, reason })
  }
}

async function broadcast(provider: JsonRpcProvider, raw: string): Promise<Broadcast> {
  try {
    await provider.send('eth_sendRawTransaction', [raw])
    return 'taken'
  } catch (cause) {
    const answer = answerOf(cause)
    if (answer) return answer
    const fix = 'run again: the same bytes are sent'
    throw rpcFailed('The RPC did not take a transaction', 'eth_sendRawTransaction', cause, fix)
  }
}

/** Nodes agree on no code, so their words have to do; ethers knows some of them. */
function answerOf(cause: unknown): Broadcast | undefined {
  const words = wordsOf(cause)
  if (/already (known|imported)|known transaction|alreadyknown/.test(words)) return 'taken'
  if (isError(cause, 'NONCE_EXPIRED') || /nonce (is )?too low|oldnonce/.test(words)) return 'nonceUsed'
  if (isError(cause, 'REPLACEMENT_UNDERPRICED') || /underpriced|replacementnotallowed/.test(words))
    return 'underpriced'
  if (/less than block base fee|fee ?too ?low/.test(words)) return 'feeTooLow'
  if (isError(cause, 'INSUFFICIENT_FUNDS') || /insufficient (funds|balance)|insufficientfunds/.test(words))
    return 'noFunds'
  return undefined
}

function wordsOf(cause: unknown): string {
  const { error, info } = cause as { error?: Spoken; info?: { error?: Spoken } }
  return String((error ?? info?.error)?.message ?? '').toLowerCase()
}

interface Spoken {
  message?: unknown
}
