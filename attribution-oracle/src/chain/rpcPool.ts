import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { JsonRpcProvider, Network, Transaction, type JsonRpcPayload, type JsonRpcResult } from 'ethers'
import type { Digest, Observe } from '../domain'
import { AttributionOracleError } from '../errors'
import { ANSWERS, Endpoint, type Expected } from './endpoint'
import { EndpointFault, type JsonRpcFault } from './endpointFault'
import { rpcUnavailable } from './rpcFault'

export interface EndpointOptions {
  /** in the order in which they are asked; the first healthy one answers */
  urls: readonly string[]
  chainId: number
  /** of block 0, by which chains of the same id are told apart; without it, that of the endpoint which answers first */
  genesisHash?: Digest
  /** milliseconds between looks for a mined transaction */
  pollMs: number
  /** milliseconds that one request may take */
  timeoutMs: number
  /** milliseconds for which a failing read goes on trying, all pauses and endpoints together; default 45,000 */
  patienceMs?: number
  observe?: Observe
}

/** An answer and who gave it. */
export interface Given<T> {
  endpoint: Endpoint
  answer: T
}

export type Ask<T> = (endpoint: Endpoint) => Promise<T>

/** How often the endpoints are gone through before a read fails, and for how long where nothing else is said. */
const ROUNDS = 6
const PATIENCE_MS = 45_000
/** What a node says of a transaction that it has already. */
const KNOWN = /already known|already imported|known transaction|already exists/i

/**
 * Several RPC endpoints as one provider. Reads go to the first healthy endpoint and over to the next one when it fails;
 * a failed one is asked again after a pause that doubles, or that it asked for. An endpoint that serves another chain,
 * syncs, or is behind what was seen as final is not asked. A signed transaction goes to every healthy endpoint, as the
 * same bytes. Endpoints are named by host alone.
 */
export class RpcPool extends JsonRpcProvider {
  readonly endpoints: readonly Endpoint[]
  private readonly expected: Expected
  private readonly patienceMs: number
  private readonly stopping = new AbortController()

  constructor(options: EndpointOptions) {
    const { urls, chainId, genesisHash, pollMs, timeoutMs, observe = () => undefined } = options
    const network = Network.from(chainId)
    super('http://pool.invalid', network, {
      staticNetwork: network,
      cacheTimeout: -1,
      pollingInterval: pollMs,
      batchMaxCount: 1,
      batchStallTime: 0,
    })
    this.expected = { chainId, genesisHash: genesisHash?.toLowerCase() as Digest | undefined, atLeast: 0 }
    this.patienceMs = options.patienceMs ?? PATIENCE_MS
    const { signal } = this.stopping
    // every request under way listens to it
    setMaxListeners(0, signal)
    this.endpoints = named(urls).map(([name, url]) => new Endpoint(name, url, { timeoutMs, observe, signal }))
  }

  /** From now on an endpoint that does not have this final block is behind. */
  expectBlock(number: number): void {
    this.expected.atLeast = Math.max(this.expected.atLeast, number)
  }

  /**
   * Finds a healthy endpoint.
   * @throws WRONG_CHAIN when every endpoint serves another chain, RPC_FAILED when none is healthy for another reason
   */
  async connect(): Promise<void> {
    try {
      await this.gather(1, () => Promise.resolve())
    } catch (cause) {
      if (!this.endpoints.every(({ kind }) => kind === 'foreign')) throw cause
      const got = this.endpoints.map(({ name, reason }) => `${name}: ${reason}`).join('; ')
      const expected = `chain ${this.expected.chainId}`
      const fix = 'configure endpoints of this chain'
      throw new AttributionOracleError(
        'WRONG_CHAIN',
        { what: 'Every RPC endpoint serves another chain', got, expected, fix },
        { got, expected },
      )
    }
  }

  /**
   * Asks endpoints, in their order, until `count` of them answered; pauses and starts again where one may recover.
   * @throws RPC_FAILED with what each endpoint said; EndpointFault of kind "answer", "range" or "unable"; ABORTED
   */
  async gather<T>(count: number, ask: Ask<T>, signal?: AbortSignal): Promise<Given<T>[]> {
    const given = new Map<Endpoint, T>()
    const deadline = performance.now() + this.patienceMs
    for (let round = 1; ; round++) {
      const unable = await this.unlessStopped(this.round(given, count, ask), signal)
      if (given.size === count) return [...given].map(([endpoint, answer]) => ({ endpoint, answer }))
      if (unable && given.size === 0) throw unable
      const pause = Math.min(...this.missing(given).map(({ pauseMs }) => pauseMs))
      if (round === ROUNDS || performance.now() + pause > deadline)
        throw rpcUnavailable(this.endpoints, given.size, count)
      await this.unlessStopped(sleep(pause), signal)
    }
  }

  /** Asks every endpoint that can be asked now, once, without waiting for any other. */
  async askAll<T>(ask: Ask<T>): Promise<Given<T>[]> {
    const given = new Map<Endpoint, T>()
    await this.round(given, this.endpoints.length, ask)
    return [...given].map(([endpoint, answer]) => ({ endpoint, answer }))
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<JsonRpcResult[]> {
    return Promise.all([payload].flat().map(each => this.answer(each)))
  }

  override destroy(): void {
    this.stopping.abort()
    super.destroy()
  }

  /** As ethers wants it: an error that a node answers with is none of ours. */
  private async answer({ id, method, params }: JsonRpcPayload): Promise<JsonRpcResult> {
    try {
      const result =
        method === 'eth_sendRawTransaction'
          ? await this.broadcast(params)
          : (await this.gather(1, endpoint => endpoint.request(method, params)))[0]!.answer
      return { id, result }
    } catch (cause) {
      if (!(cause instanceof EndpointFault)) throw cause
      const error: JsonRpcFault = cause.details.error ?? { code: 0, message: cause.message }
      return { id, error } as unknown as JsonRpcResult
    }
  }

  /** The same bytes to every healthy endpoint; done when one of them has them. */
  private async broadcast(params: unknown): Promise<unknown> {
    await this.gather(1, () => Promise.resolve())
    const asked = this.endpoints.filter(({ up }) => up)
    const answers = await Promise.allSettled(
      asked.map(endpoint => this.asking(endpoint, () => endpoint.request('eth_sendRawTransaction', params))),
    )
    const taken = answers.find(answer => answer.status === 'fulfilled')
    if (taken) return taken.value
    const faults = answers.map(answer => (answer as PromiseRejectedResult).reason as EndpointFault)
    if (faults.some(({ message }) => KNOWN.test(message)))
      return Transaction.from((params as [string])[0]).hash
    const refused = faults.find(({ kind }) => kind === 'answer')
    throw refused ?? rpcUnavailable(this.endpoints, 0, 1)
  }

  private async round<T>(
    given: Map<Endpoint, T>,
    count: number,
    ask: Ask<T>,
  ): Promise<EndpointFault | undefined> {
    let unable: EndpointFault | undefined
    for (const endpoint of this.missing(given)) {
      if (given.size === count) break
      if (!endpoint.due) continue
      try {
        given.set(endpoint, await this.asking(endpoint, ask))
      } catch (cause) {
        if (!(cause instanceof EndpointFault) || cause.kind === 'answer' || cause.kind === 'range')
          throw cause
        if (cause.kind === 'unable') unable = cause
      }
    }
    return unable
  }

  private async asking<T>(endpoint: Endpoint, ask: Ask<T>): Promise<T> {
    try {
      await endpoint.admit(this.expected)
      const answer = await ask(endpoint)
      endpoint.succeeded()
      return answer
    } catch (cause) {
      if (cause instanceof EndpointFault) {
        if (ANSWERS.has(cause.kind)) endpoint.succeeded()
        else endpoint.failed(cause)
      }
      throw cause
    }
  }

  private missing(given: ReadonlyMap<Endpoint, unknown>): Endpoint[] {
    return this.endpoints.filter(endpoint => !given.has(endpoint))
  }

  /** @throws ABORTED as soon as one of the signals says so */
  private async unlessStopped<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
    const signals = [this.stopping.signal, ...(signal ? [signal] : [])]
    let stop = (): void => undefined
    const stopped = new Promise<never>((_, reject) => (stop = () => reject(aborted())))
    for (const each of signals) each.addEventListener('abort', stop, { once: true })
    if (signals.some(({ aborted }) => aborted)) stop()
    try {
      return await Promise.race([work, stopped])
    } finally {
      for (const each of signals) each.removeEventListener('abort', stop)
    }
  }
}

function aborted(): AttributionOracleError {
  const what = 'Stopped while waiting for an RPC'
  return new AttributionOracleError('ABORTED', { what }, { step: 'rpc' })
}

/** Hosts; endpoints of the same host get their place behind it. */
function named(urls: readonly string[]): [string, URL][] {
  const parsed = urls.map(parse)
  if (parsed.length === 0) throw invalid('none', 'at least one URL')
  return parsed.map((url, i) => {
    const same = parsed.filter(({ host }) => host === url.host).length > 1
    return [same ? `${url.host}#${i + 1}` : url.host, url]
  })
}

// the URL is a secret, so the fault names its place alone
function parse(text: string, place: number): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url && /^https?:$/.test(url.protocol)) return url
  throw invalid(`something else at place ${place + 1}`, 'http:// or https:// URLs')
}

function invalid(got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'The RPC endpoints are not what they should be', got, expected },
    { argument: 'urls', got, expected },
  )
}
