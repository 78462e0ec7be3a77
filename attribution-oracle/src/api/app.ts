import Fastify, { type FastifyReply, type FastifyServerOptions } from 'fastify'
import type { ZodTypeProvider } from 'fastify-type-provider-zod'
import type { z } from 'zod'
import type { ApiOptions } from './options'
import { errorSchema } from './schemas'

export const JSON_TYPE = 'application/json; charset=utf-8'

const LIMITS = {
  /** characters of a path with its query */
  url: 2048,
  /** bytes of all headers */
  headers: 16 * 1024,
  /** bytes of a body; no route reads one */
  body: 16 * 1024,
  /** open at a time; further ones are closed at once */
  connections: 8192,
  /** files that are sent at a time, each with a buffer and a descriptor of its own */
  downloads: 64,
  /** of those, files that are made while they are sent, each with a block in memory */
  made: 4,
  /** milliseconds in which a client that is sent something takes none of it */
  stalled: 120_000,
} as const

/** The bare server: what can go wrong before a route is found is answered by `clientError` and `badUrl`. */
export function createApp(
  options: Required<Pick<FastifyServerOptions, 'clientErrorHandler' | 'frameworkErrors'>> &
    Pick<ApiOptions, 'trustedProxies'>,
) {
  return Fastify({
    logger: false,
    trustProxy: trusted(options.trustedProxies),
    clientErrorHandler: options.clientErrorHandler,
    frameworkErrors: options.frameworkErrors,
    bodyLimit: LIMITS.body,
    requestTimeout: 30_000,
    connectionTimeout: LIMITS.stalled,
    keepAliveTimeout: 65_000,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { maxParamLength: LIMITS.url, ignoreTrailingSlash: true },
    http: { maxHeaderSize: LIMITS.headers, headersTimeout: 15_000, requireHostHeader: false },
  }).withTypeProvider<ZodTypeProvider>()
}

/** The nearest proxy is hop 0; a list without entries trusts nobody. */
function trusted(proxies: ApiOptions['trustedProxies'] = 0): NonNullable<FastifyServerOptions['trustProxy']> {
  if (typeof proxies !== 'number') return proxies.length > 0 && [...proxies]
  return proxies > 0 && ((_address, hop) => hop < proxies)
}

export type App = ReturnType<typeof createApp>
export { LIMITS }

/** The answers of a route, with the one that all share. */
export function answers<T extends z.ZodType>(schema: T) {
  return { 200: schema, '4xx': errorSchema, '5xx': errorSchema }
}

/** Sends JSON that is text already. */
export function sendWritten(reply: FastifyReply, json: string): void {
  void reply.type(JSON_TYPE).send(json)
}
