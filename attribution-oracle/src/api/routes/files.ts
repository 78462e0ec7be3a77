import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ServedFile } from '../../domain'
import { answers, LIMITS, type App } from '../app'
import { isAbsent } from '../../errors'
import { IMMUTABLE, REVALIDATE, unchanged } from '../caching'
import { ApiFault, notFound } from '../faults'
import type { ApiReading } from '../reading'
import { epochParam } from '../schemas'

const params = z.object({ epoch: epochParam })
const KINDS = [
  { kind: 'tree', type: 'application/octet-stream', summary: 'The tree file: every leaf, node and address' },
  {
    kind: 'car',
    type: 'application/vnd.ipld.car; version=1',
    summary: 'Everything behind the root, as one CAR',
  },
] as const

/** The static files of an epoch, whole or by range. */
export function fileRoutes(app: App, reading: ApiReading): void {
  const sending = new Map<FastifyReply, ServedFile>()
  for (const { kind, type, summary } of KINDS) {
    app.route({
      method: ['GET', 'HEAD'],
      url: `/v1/epochs/:epoch/${kind}`,
      schema: { tags: ['epochs'], summary, params, produces: [type], response: answers(z.any()) },
      async handler(request, reply) {
        const { epoch } = request.params
        const file = await reading.file(epoch, kind).catch((error: unknown) => {
          throw isAbsent(error) ? elsewhere(epoch, kind) : error
        })
        if (!file)
          throw notFound(`${kind} of epoch ${epoch}`, 'an epoch that is final, or was published here')
        if (unchanged(request, reply, file.tag, file.final ? IMMUTABLE : REVALIDATE)) return reply
        void reply.type(type).header('content-disposition', `attachment; filename="${file.name}"`)
        return sendFile(request, reply, file, sending)
      },
    })
  }
}

function elsewhere(epoch: number, kind: string): ApiFault {
  const message =
    `The ${kind} of epoch ${epoch} was not published here, and not all of its content is here to make it of; ` +
    `ask an operator of the epoch for /v1/epochs/${epoch}/${kind}`
  return new ApiFault(503, 'CONTENT_MISSING', message)
}

/** @param sending the answers that are under way @throws ApiFault BUSY, RANGE_NOT_SATISFIABLE */
function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: ServedFile,
  sending: Map<FastifyReply, ServedFile>,
): FastifyReply {
  const made = [...sending.values()].filter(({ length }) => length === undefined).length
  if (sending.size >= LIMITS.downloads || (file.length === undefined && made >= LIMITS.made))
    throw new ApiFault(503, 'BUSY', `${sending.size} files are being sent already; try again later`)
  void reply.header('accept-ranges', file.length === undefined ? 'none' : 'bytes')
  const bytes = file.length === undefined ? file : { read: partOf(request, reply, file, file.length) }
  if (request.method === 'HEAD') return reply.send()
  sending.set(reply, file)
  reply.raw.once('close', () => sending.delete(reply))
  return reply.send(Readable.from(bytes.read(), { objectMode: false }))
}

/** The range that is asked for, or all; its headers are set here. */
function partOf(
  request: FastifyRequest,
  reply: FastifyReply,
  file: ServedFile,
  length: number,
): () => AsyncIterable<Uint8Array> {
  const range = rangeOf(request.headers.range, length)
  const { start, end } = range ?? { start: 0, end: length - 1 }
  void reply.header('content-length', end - start + 1)
  if (range) void reply.code(206).header('content-range', `bytes ${start}-${end}/${length}`)
  return () => file.read(start, end)
}

/**
 * One range of bytes (RFC 9110, 14.2); undefined for all of them, also where several are asked for.
 * @throws ApiFault RANGE_NOT_SATISFIABLE
 */
function rangeOf(header: string | undefined, length: number): { start: number; end: number } | undefined {
  const [, from, to] = /^bytes=([0-9]{0,15})-([0-9]{0,15})$/.exec(header ?? '') ?? []
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined
  const start = from === '' ? Math.max(0, length - Number(to)) : Number(from)
  const end = from === '' || to === '' ? length - 1 : Math.min(Number(to), length - 1)
  if (start <= end && start < length) return { start, end }
  throw new ApiFault(416, 'RANGE_NOT_SATISFIABLE', `No such range; expected one within ${length} bytes`)
}
