import type { ApiReading, Observe } from '../domain'

export interface ApiOptions {
  host: string
  /** 0 for any free one */
  port: number
  reading: ApiReading
  metrics?: { text(): Promise<string>; contentType: string } | undefined
  /** whether this process can be asked, and why not */
  ready(): Promise<{ ready: boolean; reasons: string[] }>
  status(): Promise<unknown>
  /** what happens to epochs, for those who listen; what else happens is not told to them */
  events?: { subscribe(listener: Observe): () => void } | undefined
  /** requests of one address within `windowMs`; undefined for no limit */
  rateLimit: { max: number; windowMs: number } | undefined
  /** reverse proxies that say by X-Forwarded-For who asks: how many in a row, or their addresses; none by default */
  trustedProxies?: number | readonly string[] | undefined
  /** who may ask from a browser; "*" for everyone */
  corsOrigins: readonly string[]
  observe?: Observe | undefined
  /** between two signs of life to those who listen; 15 s by default */
  heartbeatMs?: number | undefined
}
