import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { limitError, type LogLimit } from './logLimits'

/** What is wrong with an endpoint; everything that is left out works. */
export interface RpcFault {
  /** only requests of these methods are hurt */
  methods?: readonly string[]
  /** how many requests are hurt before it heals; without it, all */
  times?: number
  /** never answers */
  hang?: boolean
  /** milliseconds before every answer */
  slowMs?: number
  /** cuts the connection without a word */
  reset?: boolean
  /** an HTTP status instead of an answer */
  status?: { code: number; retryAfter?: string; body?: string }
  /** bytes instead of an answer; "truncated" is the honest answer cut in half */
  body?: 'garbage' | 'truncated' | 'empty' | 'html' | 'other id' | Uint8Array
  /** a JSON-RPC error instead of an answer */
  error?: { code: number; message: string; data?: unknown }
  /** what eth_chainId says */
  chainId?: number
  /** what block 0 is called */
  genesisHash?: string
  /** blocks by which the endpoint is behind: it does not know newer ones, and says nothing of it when asked for logs */
  lag?: number
  /** says that it is syncing */
  syncing?: boolean
  /** the most blocks or logs that eth_getLogs gives, refused in the words of a provider */
  logs?: LogLimit
  /** any other lie: takes the honest result and gives another one */
  lie?: (method: string, honest: unknown, params: readonly unknown[]) => unknown
}

interface Request {
  id: unknown
  method: string
  params: readonly unknown[]
}

/** A real HTTP JSON-RPC endpoint in front of a node, which can be broken in every way that providers break. */
export class FaultyRpc {
  fault: RpcFault = {}
  /** every request that came in, in order */
  readonly requests: Request[] = []
  private port = 0
  private server: Server | undefined

  private constructor(private readonly node: string) {}

  /** @param node the URL of a working node */
  static async before(node: string): Promise<FaultyRpc> {
    const rpc = new FaultyRpc(node)
    await rpc.start()
    return rpc
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  get host(): string {
    return `127.0.0.1:${this.port}`
  }

  count(method: string): number {
    return this.requests.filter(request => request.method === method).length
  }

  /** Listens again, on the port that it had. */
  async start(): Promise<void> {
    this.server = createServer((request, response) => {
      this.answer(request, response).catch(() => response.destroy())
    })
    this.server.listen(this.port, '127.0.0.1')
    await once(this.server, 'listening')
    this.port = (this.server.address() as AddressInfo).port
  }

  /** Refuses connections until it starts again. */
  async stop(): Promise<void> {
    const closed = new Promise(resolve => this.server?.close(resolve))
    this.server?.closeAllConnections()
    await closed
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const asked = JSON.parse(await text(request)) as Request | Request[]
    const requests = [asked].flat()
    this.requests.push(...requests)
    const fault = this.spend(requests)
    if (fault.slowMs) await new Promise(resolve => setTimeout(resolve, fault.slowMs))
    if (fault.hang) return
    if (fault.reset) return void request.socket.destroy()
    if (fault.status) {
      const { code, retryAfter, body = 'no' } = fault.status
      response.writeHead(code, retryAfter === undefined ? {} : { 'retry-after': retryAfter }).end(body)
      return
    }
    const answers = await Promise.all(requests.map(each => this.resultOf(each, fault)))
    const honest = JSON.stringify(Array.isArray(asked) ? answers : answers[0])
    response.writeHead(200, { 'content-type': 'application/json' }).end(bytesOf(fault.body, honest))
  }

  /** The fault that hurts these requests, which is one time less from now on. */
  private spend(requests: readonly Request[]): RpcFault {
    const { fault } = this
    if (fault.methods && !requests.some(({ method }) => fault.methods!.includes(method))) return {}
    if (fault.times === undefined) return fault
    this.fault = { ...fault, times: fault.times - 1 }
    return fault.times > 0 ? fault : {}
  }

  private async resultOf({ id, method, params }: Request, fault: RpcFault): Promise<object> {
    const envelope = { jsonrpc: '2.0', id }
    if (fault.error) return { ...envelope, error: fault.error }
    if (method === 'eth_chainId' && fault.chainId !== undefined)
      return { ...envelope, result: hex(fault.chainId) }
    if (method === 'eth_syncing' && fault.syncing)
      return { ...envelope, result: { currentBlock: '0x1', highestBlock: '0xff' } }
    const refusal = method === 'eth_getLogs' && fault.logs && (await this.limited(params, fault.logs))
    if (refusal) return { ...envelope, error: refusal }
    const answer = fault.lag
      ? { result: await this.lagging(method, params, fault.lag) }
      : await this.ask(method, params)
    if ('error' in answer) return { ...envelope, ...answer }
    return { ...envelope, result: lied(method, params, answer.result, fault) }
  }

  private async limited(params: readonly unknown[], limit: LogLimit): Promise<object | undefined> {
    const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }]
    const logs = limit.results === undefined ? [] : (await this.ask('eth_getLogs', params)).result
    return limitError(limit, Number(fromBlock), Number(toBlock), logs as { blockNumber: string }[])
  }

  /** What a node says that has not heard of the newest blocks. */
  private async lagging(method: string, params: readonly unknown[], lag: number): Promise<unknown> {
    const result = async (...asked: Parameters<FaultyRpc['ask']>): Promise<unknown> =>
      (await this.ask(...asked)).result
    const head = Math.max(0, Number(await result('eth_blockNumber', [])) - lag)
    if (method === 'eth_blockNumber') return hex(head)
    if (method === 'eth_getBlockByNumber') {
      const [tag] = params as [string]
      if (tag.startsWith('0x')) return Number(tag) > head ? null : result(method, params)
      const { number } = (await result(method, params)) as { number: string }
      return result(method, [hex(Math.max(0, Number(number) - lag)), params[1]])
    }
    if (method !== 'eth_getLogs') return result(method, params)
    const [filter] = params as [{ fromBlock: string; toBlock: string }]
    if (Number(filter.fromBlock) > head) return []
    return result(method, [{ ...filter, toBlock: hex(Math.min(head, Number(filter.toBlock))) }])
  }

  private async ask(
    method: string,
    params: readonly unknown[],
  ): Promise<{ result?: unknown; error?: unknown }> {
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(this.node, { method: 'POST', headers, body })
    const { result, error } = (await response.json()) as { result?: unknown; error?: unknown }
    return error === undefined ? { result } : { error }
  }
}

function lied(method: string, params: readonly unknown[], honest: unknown, fault: RpcFault): unknown {
  const { genesisHash, lie } = fault
  const genesis = method === 'eth_getBlockByNumber' && Number(params[0]) === 0 && genesisHash !== undefined
  const result = genesis ? { ...(honest as object), hash: genesisHash } : honest
  return lie ? lie(method, result, params) : result
}

function bytesOf(body: RpcFault['body'], honest: string): string | Uint8Array {
  if (body === undefined) return honest
  if (body === 'garbage') return new Uint8Array([0x7b, 0xff, 0x00, 0xfe, 0x22, 0xc3, 0x28, 0x5d])
  if (body === 'truncated') return honest.slice(0, honest.length / 2)
  if (body === 'empty') return ''
  if (body === 'html') return '<html><body>502 Bad Gateway</body></html>'
  if (body === 'other id') return JSON.stringify({ jsonrpc: '2.0', id: 'not yours', result: '0x1' })
  return body
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
