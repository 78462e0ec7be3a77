import { toQuantity, TypedDataEncoder } from 'ethers'
import type { OracleSigner, TypedData, UnsignedTransaction } from '../domain'
import { AttributionOracleError } from '../errors'
import { checkedAddress } from './privateKey'

const PATIENCE_MS = 30_000
const LARGEST_ANSWER = 1 << 20
/** JSON-RPC: the method does not exist */
const NO_METHOD = -32601

interface Answer {
  result?: unknown
  error?: { code?: unknown; message?: unknown }
}

/**
 * A key behind HTTP: web3signer in its eth1 mode, or any other that answers `eth_signTransaction` and
 * `eth_signTypedData_v4` (or `eth_signTypedData`, with the data as text). It signs and sends nothing.
 */
export function remoteSigner({ url, address: given }: { url: string; address: string }): OracleSigner {
  const address = checkedAddress(given)
  const ask = (method: string, params: unknown[]): Promise<Answer> => request(url, method, params)
  return {
    address,
    async signTransaction(transaction) {
      const method = 'eth_signTransaction'
      const { result, error } = await ask(method, [parametersOf(address, transaction)])
      if (error) throw failed(url, method, reasonOf(error))
      // geth answers { raw, tx }, web3signer the raw bytes alone
      const raw = typeof result === 'object' && result !== null ? (result as { raw?: unknown }).raw : result
      return text(url, method, raw)
    },
    async signTypedData(data) {
      const payload = payloadOf(data)
      const [first, second] = ['eth_signTypedData_v4', 'eth_signTypedData']
      const answer = await ask(first, [address, payload])
      if (!answer.error) return text(url, first, answer.result)
      if (answer.error.code !== NO_METHOD) throw failed(url, first, reasonOf(answer.error))
      const other = await ask(second, [address, JSON.stringify(payload)])
      if (!other.error) return text(url, second, other.result)
      if (other.error.code !== NO_METHOD) throw failed(url, second, reasonOf(other.error))
      throw failed(url, `${first} or ${second}`, 'it cannot sign typed data (EIP-712)')
    },
  }
}

function parametersOf(from: string, transaction: UnsignedTransaction): Record<string, string> {
  const { to, data, gasLimit: gas } = transaction
  const quantities = { chainId: transaction.chainId, nonce: transaction.nonce, value: transaction.value, gas }
  const { maxFeePerGas, maxPriorityFeePerGas } = transaction
  const numbers = Object.entries({ ...quantities, maxFeePerGas, maxPriorityFeePerGas })
  const hex = numbers.map(([name, value]) => [name, toQuantity(value)] as const)
  return { type: '0x2', from, to, data, ...Object.fromEntries(hex) }
}

/** As EIP-712 wants it over JSON: the domain's type included, numbers as text. */
function payloadOf({ domain, types, message }: TypedData): unknown {
  return TypedDataEncoder.getPayload(domain, types, message)
}

async function request(url: string, method: string, params: unknown[]): Promise<Answer> {
  let answer: Response
  let body: string
  try {
    answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      redirect: 'error',
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    body = await limited(answer)
  } catch (error) {
    throw failed(url, method, nameOf(error))
  }
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed === 'object' && parsed !== null) return parsed
  } catch {
    // said below
  }
  throw failed(url, method, `HTTP ${answer.status} without JSON`)
}

async function limited(answer: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of answer.body ?? []) {
    parts.push(part as Uint8Array)
    size += (part as Uint8Array).length
    if (size > LARGEST_ANSWER) return ''
  }
  return Buffer.concat(parts).toString('utf8')
}

/** A failed fetch by its code: its message may hold the URL, which may be a secret. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'no answer'
  const { code } = (error.cause ?? {}) as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}

function reasonOf({ code, message }: NonNullable<Answer['error']>): string {
  const words = typeof message === 'string' ? message.slice(0, 200) : 'no reason given'
  return typeof code === 'number' ? `${words} (${code})` : words
}

function text(url: string, method: string, value: unknown): string {
  if (typeof value === 'string') return value.startsWith('0x') ? value : `0x${value}`
  throw failed(url, method, 'an answer without a signature')
}

function failed(url: string, method: string, reason: string): AttributionOracleError {
  const signer = hostOf(url)
  const fix = /typed data/.test(reason)
    ? 'use a signer that does, or a keystore: operators sign attestations that way'
    : 'see that the signer runs, has this key and allows the method'
  const what = `The signer at ${signer} did not answer ${method}`
  return new AttributionOracleError('SIGNER_FAILED', { what, got: reason, fix }, { signer, method, reason })
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'an address that is no URL'
}
