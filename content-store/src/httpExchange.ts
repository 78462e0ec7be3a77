import { createHash } from 'node:crypto'
import { Passing, persistently, type Patience } from './backoff'
import type { Digest } from './digest'
import { ContentStoreError } from './errors'

/** What is kept in memory where the caller names no bound of its own. */
export const DEFAULT_MAX_BYTES = 2 * 1024 ** 3

/** What is read to tell a file that is too large from a store that delivers something else. */
const MOST_BYTES = 4 * 1024 ** 3

/** A store behind HTTP: `request` makes the request anew for every try, signed where that is needed. */
export interface Exchange {
  /** as faults show it */
  store: string
  patience: Patience
  request(method: 'GET' | 'HEAD' | 'PUT', digest: Digest, bytes?: Uint8Array): Promise<Request>
}

/**
 * The bytes behind a digest, checked.
 * @returns undefined where the store does not have them
 * @throws CONTENT_UNREACHABLE, CONTENT_REFUSED, DIGEST_MISMATCH, CONTENT_TOO_LARGE
 */
export function fetchContent(
  exchange: Exchange,
  digest: Digest,
  maxBytes: number,
): Promise<Uint8Array | undefined> {
  return persistently(exchange.patience, async () =>
    ask(exchange, 'GET', digest, undefined, async (response, alive) => {
      if (isMissing(response.status)) return undefined
      expectOk(exchange, response)
      const { bytes, size, got } = await receive(response, maxBytes, alive)
      if (got !== undefined && got !== digest) {
        const data = { store: exchange.store, got: `${size} bytes with digest ${got}`, expected: digest }
        throw new Passing(new ContentStoreError('DIGEST_MISMATCH', data))
      }
      if (!bytes) throw new ContentStoreError('CONTENT_TOO_LARGE', { digest, size, maxBytes })
      return bytes
    }),
  )
}

/** How many bytes a store says that it has. @returns undefined where it has none */
export function sizeAt(exchange: Exchange, digest: Digest): Promise<number | undefined> {
  return persistently(exchange.patience, () =>
    ask(exchange, 'HEAD', digest, undefined, response => {
      if (isMissing(response.status)) return Promise.resolve(undefined)
      expectOk(exchange, response)
      return Promise.resolve(Number(response.headers.get('content-length') ?? Number.NaN))
    }),
  )
}

export function sendContent(exchange: Exchange, digest: Digest, bytes: Uint8Array): Promise<void> {
  return persistently(exchange.patience, () =>
    ask(exchange, 'PUT', digest, bytes, response => {
      if (!response.ok) expectOk(exchange, response)
      return Promise.resolve()
    }),
  )
}

async function ask<T>(
  exchange: Exchange,
  method: 'GET' | 'HEAD' | 'PUT',
  digest: Digest,
  bytes: Uint8Array | undefined,
  read: (response: Response, alive: () => void) => Promise<T>,
): Promise<T> {
  const { signal, idleMs } = exchange.patience
  const idle = new AbortController()
  const timer = setTimeout(() => idle.abort(new Error('idle')), idleMs)
  const stop = signal ? AbortSignal.any([signal, idle.signal]) : idle.signal
  const request = await exchange.request(method, digest, bytes)
  const answer = async (): Promise<T> => {
    const response = await fetch(request, { signal: stop })
    try {
      return await read(response, () => void timer.refresh())
    } finally {
      // not waited for: a body that is compressed and cut off never ends
      void response.body?.cancel().catch(() => undefined)
    }
  }
  try {
    return await untilAborted(stop, answer())
  } catch (error) {
    if (error instanceof ContentStoreError || error instanceof Passing) throw error
    const reason = idle.signal.aborted ? `nothing came for ${idleMs} ms` : networkReason(error)
    throw new Passing(new ContentStoreError('CONTENT_UNREACHABLE', { store: exchange.store, reason }))
  } finally {
    clearTimeout(timer)
  }
}

/** fetch leaves some bodies waiting for ever, whatever its signal says. */
async function untilAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let stop = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop)
    if (signal.aborted) stop()
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
    work.catch(() => undefined)
  }
}

function isMissing(status: number): boolean {
  return status === 404 || status === 410
}

function expectOk({ store }: Exchange, { status, headers }: Response): void {
  if (status === 200 || status === 204) return
  if (status < 500 && status !== 429 && status !== 408)
    throw new ContentStoreError('CONTENT_REFUSED', { store, status })
  const failure = new ContentStoreError('CONTENT_UNREACHABLE', { store, reason: `HTTP ${status}` })
  throw new Passing(failure, retryAfterMs(headers.get('retry-after')))
}

/** Seconds, or a date (RFC 9110, section 10.2.3). */
function retryAfterMs(text: string | null): number {
  if (text === null) return 0
  const ms = /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(ms) ? Math.max(0, ms) : 0
}

/**
 * Reads a body to its end but keeps no more than `maxBytes` of it.
 * @returns bytes: undefined when there were more; got: the digest, undefined where even that was too long to find out
 */
async function receive(
  { body }: Response,
  maxBytes: number,
  alive: () => void,
): Promise<{ bytes?: Uint8Array; size: number; got?: Digest }> {
  const hash = createHash('sha256')
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of (body ?? []) as AsyncIterable<Uint8Array>) {
    alive()
    size += part.length
    if (size > Math.max(maxBytes, MOST_BYTES)) return { size }
    hash.update(part)
    if (size <= maxBytes) parts.push(part)
    else parts.length = 0
  }
  const got: Digest = `0x${hash.digest('hex')}`
  return size > maxBytes ? { size, got } : { bytes: joined(parts, size), size, got }
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** The innermost cause with a code: fetch says no more than "fetch failed". Its text may name the URL, its code does not. */
function networkReason(error: unknown): string {
  let reason = 'the connection failed'
  for (let each = error; each instanceof Error; each = each.cause) {
    const { code } = each as NodeJS.ErrnoException
    if (typeof code === 'string') reason = code
    else if (each.name === 'AbortError') reason = 'stopped'
  }
  return reason
}
