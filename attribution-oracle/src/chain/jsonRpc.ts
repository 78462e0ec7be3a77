import { EndpointFault, faultOf, type JsonRpcFault } from './endpointFault'

/** Where an endpoint is. The URL holds the key of the account at most providers and is never shown. */
export interface Target {
  url: string
  headers: Readonly<Record<string, string>>
}

export interface CallOptions {
  id: number
  timeoutMs: number
  signal: AbortSignal
}

const LARGEST_ANSWER = 32 * 2 ** 20
const LONGEST_RETRY_MS = 300_000
const REFUSED = new Set([400, 401, 402, 403, 404, 405, 410])

/**
 * One JSON-RPC 2.0 call over HTTP POST. Follows no redirect, reads at most 32 MiB.
 * @returns the result, of whatever form
 * @throws EndpointFault
 */
export async function call(
  { url, headers }: Target,
  method: string,
  params: unknown,
  { id, timeoutMs, signal }: CallOptions,
): Promise<unknown> {
  const stop = new AbortController()
  const abort = (): void => stop.abort()
  signal.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(abort, timeoutMs)
  try {
    signal.throwIfAborted()
    const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal: stop.signal,
    })
    return resultOf(method, id, response, await bodyOf(method, response))
  } catch (cause) {
    if (cause instanceof EndpointFault) throw cause
    if (signal.aborted) throw new EndpointFault('unreachable', 'aborted', 'stopped')
    if (stop.signal.aborted)
      throw new EndpointFault('unreachable', 'timeout', `no answer within ${timeoutMs} ms (timeout)`)
    throw networkFault(cause)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

async function bodyOf(method: string, response: Response): Promise<string> {
  const { body, headers } = response
  // what says its length before it comes, and is not packed, need not be counted on the way: it is half the work
  const length = Number(headers.get('content-length') ?? Infinity)
  if (length <= LARGEST_ANSWER && !headers.has('content-encoding')) return response.text()
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body ?? []) {
    parts.push(part as Uint8Array)
    size += (part as Uint8Array).length
    if (size > LARGEST_ANSWER) {
      const kind = method === 'eth_getLogs' ? 'range' : 'garbage'
      throw new EndpointFault(kind, 'too large', `an answer of more than ${LARGEST_ANSWER} bytes`)
    }
  }
  return Buffer.concat(parts).toString('utf8')
}

function resultOf(method: string, id: number, { status, headers }: Response, body: string): unknown {
  if (status === 429) {
    const retryAfterMs = retryAfter(headers.get('retry-after'))
    throw new EndpointFault(
      'throttled',
      '429',
      'HTTP 429',
      retryAfterMs === undefined ? {} : { retryAfterMs },
    )
  }
  const answer = parsed(body)
  const error = errorOf(answer)
  // some providers put a proper JSON-RPC error behind an HTTP 400
  if (error && (answer!.id === id || answer!.id === null || answer!.id === undefined))
    throw faultOf(method, error)
  if (status !== 200) throw httpFault(method, status)
  if (!answer || answer.id !== id || !('result' in answer))
    throw new EndpointFault('garbage', 'garbage', 'an answer that is no JSON-RPC response to the request')
  return answer.result
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function errorOf(answer: Record<string, unknown> | undefined): JsonRpcFault | undefined {
  const error = answer?.error
  if (typeof error !== 'object' || error === null) return undefined
  const { code, message, data } = error as Partial<Record<keyof JsonRpcFault, unknown>>
  return {
    code: typeof code === 'number' ? code : 0,
    message: typeof message === 'string' ? message : 'no message',
    ...(data === undefined ? {} : { data }),
  }
}

function httpFault(method: string, status: number): EndpointFault {
  const reason = `HTTP ${status}`
  if (status === 413 && method === 'eth_getLogs') return new EndpointFault('range', '413', reason)
  const refused = REFUSED.has(status) || (status >= 300 && status < 400)
  return new EndpointFault(refused ? 'refused' : 'unreachable', String(status), reason)
}

/** Its code alone: the message names addresses. */
function networkFault(cause: unknown): EndpointFault {
  const { code } = ((cause as Error | undefined)?.cause ?? cause ?? {}) as { code?: unknown }
  const name = typeof code === 'string' ? code : 'network'
  return new EndpointFault('unreachable', name, `no connection (${name})`)
}

/** @param value seconds, or an HTTP date */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1_000 : Date.parse(value) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.min(LONGEST_RETRY_MS, Math.max(0, ms))
}
