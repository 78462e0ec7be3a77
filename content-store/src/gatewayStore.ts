import type { Patience } from './backoff'
import type { Layer } from './contentStore'
import { checkedDigest } from './digest'
import { ContentStoreError } from './errors'
import { DEFAULT_MAX_BYTES, fetchContent, sizeAt, type Exchange } from './httpExchange'

/**
 * Content behind HTTP, to read only: GET {url}/{digest} gives the raw bytes or 404. A user and password in the URL
 * go as basic authorization; a query is sent along.
 */
export function openGateway(location: URL, patience: Patience): Layer {
  const { username, password, host, search } = location
  const headers = new Headers()
  if (username)
    headers.set(
      'authorization',
      `Basic ${btoa(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`)}`,
    )
  const base = `${location.origin}${location.pathname.replace(/\/$/, '')}`
  const exchange: Exchange = {
    store: host,
    patience,
    request: (method, digest) =>
      Promise.resolve(new Request(`${base}/${digest}${search}`, { method, headers })),
  }
  return readingLayer(exchange, false)
}

/** What reading has in common for every store behind HTTP. */
export function readingLayer(exchange: Exchange, keeps: boolean): Layer {
  return {
    name: exchange.store,
    keeps,
    async has(digest) {
      return (await sizeAt(exchange, checkedDigest(digest))) !== undefined
    },
    async get(digest, maxBytes = DEFAULT_MAX_BYTES) {
      const bytes = await fetchContent(exchange, checkedDigest(digest), maxBytes)
      if (bytes) return bytes
      throw new ContentStoreError('CONTENT_MISSING', { digest, path: exchange.store })
    },
  }
}
