import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { JSON_TYPE, LIMITS, type App } from './app'
import { answerFault, ApiFault, type ApiErrorBody } from './faults'

const READS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** Refuses what no route can be asked: other methods, bodies, long paths. It runs before anything is read. */
export function requestLimits(app: App): void {
  const patterns: RegExp[] = []
  app.addHook('onRoute', ({ url }) => {
    if (!url.includes('*')) patterns.push(new RegExp(`^${url.replace(/:[a-z]+/g, '[^/]+')}/?$`))
  })
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('x-content-type-options', 'nosniff')
    const fault = refusal(request, patterns)
    if (!fault) return
    if (fault.statusCode === 405) void reply.header('allow', 'GET, HEAD, OPTIONS')
    // what is left of the body is not read
    if (hasBody(request.raw)) void reply.header('connection', 'close')
    return answerFault(fault, reply)
  })
}

function refusal({ raw, method }: FastifyRequest, patterns: readonly RegExp[]): ApiFault | undefined {
  const url = raw.url ?? ''
  if (url.length > LIMITS.url)
    return new ApiFault(414, 'URI_TOO_LONG', `The URL has ${url.length} characters, at most ${LIMITS.url}`)
  const path = url.split('?', 1)[0]!
  if (!READS.has(method)) {
    if (!patterns.some(pattern => pattern.test(path))) return noRoute(path)
    return new ApiFault(405, 'METHOD_NOT_ALLOWED', `${method} is not taken here; expected GET or HEAD`)
  }
  const length = Number(raw.headers['content-length'] ?? 0)
  if (length > LIMITS.body || raw.headers['transfer-encoding'] !== undefined)
    return new ApiFault(
      413,
      'TOO_LARGE',
      `No route reads a body; expected none, at most ${LIMITS.body} bytes`,
    )
  return undefined
}

export function noRoute(path: string): ApiFault {
  const shown = path.length > 100 ? `${path.slice(0, 97)}...` : path
  return new ApiFault(404, 'NOT_FOUND', `There is no route ${shown}; /openapi.json lists them all`)
}

/** A path that cannot be decoded, and the like. */
export function badUrl(_error: unknown, _request: FastifyRequest, reply: FastifyReply): void {
  void answerFault(
    new ApiFault(400, 'INVALID_REQUEST', 'The URL cannot be read; expected a path of UTF-8'),
    reply,
  )
}

const CLIENT_FAULTS: Readonly<Record<string, [number, string, string, string]>> = {
  HPE_HEADER_OVERFLOW: [
    431,
    'Request Header Fields Too Large',
    'HEADERS_TOO_LARGE',
    `The headers are too long; expected at most ${LIMITS.headers} bytes`,
  ],
  ERR_HTTP_REQUEST_TIMEOUT: [
    408,
    'Request Timeout',
    'TIMEOUT',
    'The request did not come to its end in time',
  ],
}

/** What is no HTTP is answered, too, on the bare socket. */
export function clientError(error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const [status, reason, code, message] = CLIENT_FAULTS[error.code ?? ''] ?? [
    ...([400, 'Bad Request', 'INVALID_REQUEST', 'This is no HTTP request'] as const),
  ]
  rawAnswer(socket, status, reason, { error: { code, message } })
}

/** Requests that Node hands to nobody: CONNECT, and expectations that nobody can meet. */
export function strangeRequests(app: App): void {
  app.server.on('connect', (_request: IncomingMessage, socket: Socket) => {
    socket.on('error', () => socket.destroy())
    const message = 'CONNECT is not taken here; expected GET or HEAD'
    rawAnswer(socket, 405, 'Method Not Allowed', { error: { code: 'METHOD_NOT_ALLOWED', message } })
  })
  app.server.on('checkExpectation', (_request, response) => {
    const message = 'This expectation cannot be met; expected none, or 100-continue'
    const body = JSON.stringify({ error: { code: 'EXPECTATION_FAILED', message } } satisfies ApiErrorBody)
    const headers = { 'content-type': JSON_TYPE, 'content-length': Buffer.byteLength(body) }
    response.writeHead(417, { ...headers, connection: 'close' }).end(body)
  })
}

function rawAnswer(socket: Socket, status: number, reason: string, body: ApiErrorBody): void {
  const text = JSON.stringify(body)
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(text)}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${text}`)
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['content-length'] !== undefined || headers['transfer-encoding'] !== undefined
}
