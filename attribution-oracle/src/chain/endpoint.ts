import type { Digest, Observe } from '../domain'
import { headerOf } from './answers'
import { EndpointFault, type FaultKind } from './endpointFault'
import { call, type Target } from './jsonRpc'

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 30_000
/** How long an endpoint is taken for healthy after it was looked at. */
const TRUSTED_MS = 15_000
const LONGEST_REASON = 200
/** Parts of a URL that are shorter are words, not keys. */
const SHORTEST_SECRET = 6
/** What time does not mend. */
const LASTING: ReadonlySet<FaultKind> = new Set(['refused', 'foreign'])

/** What an endpoint has to show before it is asked anything; one object for all endpoints of a pool. */
export interface Expected {
  readonly chainId: number
  /** where none was configured, that of the endpoint which was healthy first */
  genesisHash: Digest | undefined
  /** a block that is final: an endpoint that does not have it yet is behind */
  atLeast: number
}

/** One RPC endpoint and what is known of its health. */
export class Endpoint {
  private failures = 0
  private dueAt = 0
  private trustedUntil = 0
  private checking: Promise<void> | undefined
  private nextId = 1
  private wasUp: boolean | undefined
  private fault: EndpointFault | undefined
  private readonly target: Target
  private readonly secrets: readonly string[]

  /** @param name the host, the only name under which it is ever shown */
  constructor(
    readonly name: string,
    url: URL,
    private readonly options: { timeoutMs: number; observe: Observe; signal: AbortSignal },
  ) {
    this.secrets = secretsOf(url)
    this.target = targetOf(url)
  }

  get up(): boolean {
    return this.fault === undefined
  }

  get reason(): string | undefined {
    return this.fault?.message
  }

  get kind(): FaultKind | undefined {
    return this.fault?.kind
  }

  /** Milliseconds until it may be asked again; infinite where time alone mends nothing. */
  get pauseMs(): number {
    if (this.fault && LASTING.has(this.fault.kind)) return Infinity
    return Math.max(0, this.dueAt - performance.now())
  }

  get due(): boolean {
    return this.dueAt <= performance.now()
  }

  /** @throws EndpointFault */
  async request(method: string, params: unknown): Promise<unknown> {
    const started = performance.now()
    const told = (code: string): void =>
      this.options.observe({
        kind: 'rpc',
        endpoint: this.name,
        method,
        code,
        seconds: (performance.now() - started) / 1_000,
      })
    try {
      const { timeoutMs, signal } = this.options
      const result = await call(this.target, method, params, { id: this.nextId++, timeoutMs, signal })
      told('ok')
      return result
    } catch (cause) {
      const { kind, code, message, details } = cause as EndpointFault
      told(code)
      throw new EndpointFault(kind, code, this.redact(message), details)
    }
  }

  /**
   * Looks whether it serves our chain, up to what we have seen, unless it was looked at a moment ago.
   * @throws EndpointFault
   */
  async admit(expected: Expected): Promise<void> {
    if (performance.now() < this.trustedUntil) return
    this.checking ??= this.check(expected).finally(() => (this.checking = undefined))
    await this.checking
    this.trustedUntil = performance.now() + TRUSTED_MS
  }

  succeeded(): void {
    this.failures = 0
    this.fault = undefined
    if (this.wasUp !== true) this.options.observe({ kind: 'endpoint', endpoint: this.name, up: true })
    this.wasUp = true
  }

  failed(fault: EndpointFault): void {
    this.fault = fault
    this.failures++
    const backoff = LASTING.has(fault.kind)
      ? LONGEST_PAUSE_MS
      : Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 1))
    this.dueAt = performance.now() + Math.max(backoff, fault.details.retryAfterMs ?? 0)
    // asking whether it is healthy would be one more request than it can stand
    if (fault.kind !== 'throttled') this.trustedUntil = 0
    if (this.wasUp !== false)
      this.options.observe({ kind: 'endpoint', endpoint: this.name, up: false, reason: fault.message })
    this.wasUp = false
  }

  private async check(expected: Expected): Promise<void> {
    const { chainId, atLeast } = expected
    const [id, genesis, syncing, head] = await Promise.all([
      this.request('eth_chainId', []),
      this.request('eth_getBlockByNumber', ['0x0', false]).then(headerOf),
      this.syncing(),
      this.request('eth_blockNumber', []),
    ])
    if (Number(id) !== chainId)
      throw new EndpointFault('foreign', 'chain', `chain ${shown(id)}, expected chain ${chainId}`)
    expected.genesisHash ??= genesis?.hash
    if (genesis?.hash !== expected.genesisHash)
      throw new EndpointFault(
        'foreign',
        'genesis',
        `genesis ${genesis?.hash}, expected ${expected.genesisHash}`,
      )
    if (syncing) throw new EndpointFault('behind', 'syncing', 'it is syncing')
    const number = Number(head)
    if (typeof head !== 'string' || !Number.isSafeInteger(number))
      throw new EndpointFault('garbage', 'garbage', 'a block number that is none')
    if (number < atLeast)
      throw new EndpointFault(
        'behind',
        'behind',
        `at block ${number}, behind block ${atLeast} that was final`,
      )
  }

  /** Providers that hide the method do not serve from nodes that sync. */
  private async syncing(): Promise<boolean> {
    try {
      const answer = await this.request('eth_syncing', [])
      return answer !== false && answer !== null
    } catch (cause) {
      if (cause instanceof EndpointFault && (cause.kind === 'unable' || cause.kind === 'answer')) return false
      throw cause
    }
  }

  private redact(text: string): string {
    const clean = this.secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
    return clean.replace(/[\p{Cc}]+/gu, ' ').slice(0, LONGEST_REASON)
  }
}

function targetOf(url: URL): Target {
  const bare = new URL(url)
  bare.username = ''
  bare.password = ''
  const user = [url.username, url.password].map(decodeURIComponent).join(':')
  const headers: Record<string, string> =
    user === ':' ? {} : { authorization: `Basic ${Buffer.from(user).toString('base64')}` }
  return { url: bare.href, headers }
}

function secretsOf(url: URL): string[] {
  const parts = [url.username, url.password, ...url.pathname.split('/'), ...url.searchParams.values()]
  return [url.href, ...parts.filter(({ length }) => length >= SHORTEST_SECRET)]
}

function shown(value: unknown): string {
  return typeof value === 'string' && /^0x[0-9a-f]{1,16}$/i.test(value)
    ? String(BigInt(value))
    : 'without an id'
}
