import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'
import { AttributionOracleError, isAbsent } from '../errors'

/** One thing about a request that is not as it has to be. */
export interface Issue {
  /** such as "params.address" */
  name: string
  got: string
  expected: string
}

/** What every answer with a status from 400 up holds, and nothing else. */
export interface ApiErrorBody {
  error: { code: string; message: string; issues?: readonly Issue[] }
}

/** A request that cannot be served. Its text is for strangers: it names no path, no URL, no stack. */
export class ApiFault extends Error {
  override readonly name = 'ApiFault'

  constructor(
    readonly statusCode: number,
    readonly code: string,
    message: string,
    readonly issues?: readonly Issue[],
  ) {
    super(message)
  }

  get body(): ApiErrorBody {
    const { code, message, issues } = this
    return { error: { code, message, ...(issues && { issues }) } }
  }
}

export function notFound(what: string, expected: string): ApiFault {
  return new ApiFault(404, 'NOT_FOUND', `There is no ${what} here; expected ${expected}`)
}

/** After so many seconds it is worth asking again. */
const RETRY_AFTER = 5

/** Faults of our own that a client can do something about; every other one is ours alone. */
const SERVED: Readonly<Record<string, { statusCode: number; message: string }>> = {
  NOT_READY: { statusCode: 503, message: 'This is still being read or built; try again soon' },
  RPC_FAILED: { statusCode: 503, message: 'The chain does not answer; try again soon' },
  WRONG_CHAIN: { statusCode: 503, message: 'The chain is behind; try again soon' },
  TREE_UNREADABLE: { statusCode: 503, message: 'A file cannot be read; try again soon' },
  CONTENT_UNREADABLE: { statusCode: 503, message: 'Content cannot be read; try again soon' },
  THREAD_DIED: { statusCode: 503, message: 'What was reading this epoch died; the operator was told' },
  ABORTED: { statusCode: 503, message: 'This service is being stopped; try again later' },
  INVALID_DOCUMENT: { statusCode: 502, message: 'What was published behind this epoch is malformed' },
}

/** Fastify's own refusals, by their status. */
const REFUSED: Readonly<Record<number, string>> = {
  400: 'INVALID_REQUEST',
  404: 'NOT_FOUND',
  408: 'TIMEOUT',
  413: 'TOO_LARGE',
  414: 'URI_TOO_LONG',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  429: 'TOO_MANY_REQUESTS',
}

/** Turns whatever a handler threw into one of our answers. */
export function faultOf(error: unknown, request: FastifyRequest): ApiFault {
  if (error instanceof ApiFault) return error
  const { validation, validationContext, statusCode } = error as FastifyError
  if (validation) return invalid(request, validationContext ?? 'request', validation)
  if (isAbsent(error))
    return new ApiFault(503, 'CONTENT_MISSING', 'The content behind this epoch is not here; try again later')
  const code = (error as { code?: string }).code ?? ''
  const served = SERVED[code]
  if (served) return new ApiFault(served.statusCode, code, served.message)
  const refused = error instanceof AttributionOracleError ? undefined : REFUSED[statusCode ?? 500]
  if (refused) return new ApiFault(statusCode!, refused, plainMessage(error as Error))
  return new ApiFault(500, 'INTERNAL', 'This request cannot be served; the operator was told')
}

/** The error handler of the server. */
export function answerFault(fault: ApiFault, reply: FastifyReply): FastifyReply {
  if (fault.statusCode === 503) void reply.header('retry-after', RETRY_AFTER)
  // an error is never stored, also where the good answer would be for ever
  return reply
    .removeHeader('etag')
    .header('cache-control', 'no-store')
    .code(fault.statusCode)
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(fault.body))
}

function invalid(
  request: FastifyRequest,
  where: string,
  found: NonNullable<FastifyError['validation']>,
): ApiFault {
  const given = (where === 'params' ? request.params : request.query) as Record<string, unknown>
  const issues = found.map(({ instancePath, message }) => {
    const field = instancePath.slice(1)
    return { name: `${where}.${field}`, got: shown(given[field]), expected: expectedOf(message) }
  })
  const text = issues.map(({ name, got, expected }) => `${name}: got ${got}, expected ${expected}`)
  return new ApiFault(400, 'INVALID_REQUEST', text.join('; '), issues)
}

/** The messages of our schemas say what was expected. */
function expectedOf(message: string | undefined): string {
  return (message ?? 'another value').replace(/^expected /, '')
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? JSON.stringify(value) : JSON.stringify(value ?? null)
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`
}

function plainMessage({ message }: Error): string {
  return message.split('\n')[0]!.slice(0, 200)
}
