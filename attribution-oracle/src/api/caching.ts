import type { FastifyReply, FastifyRequest } from 'fastify'

/** Of a final epoch: the answer never changes. */
export const IMMUTABLE = 'public, max-age=31536000, immutable'
/** May be kept, but is asked about every time. */
export const REVALIDATE = 'no-cache'

/**
 * Names the version of an answer and says how long it holds.
 * @param tag changes whenever the answer does; weak, because a compressed or re-read answer says the same
 * @returns whether the client has it already: then 304 was sent
 */
export function unchanged(
  request: FastifyRequest,
  reply: FastifyReply,
  tag: string,
  cacheControl: string,
): boolean {
  const etag = `W/"${tag}"`
  void reply.header('etag', etag).header('cache-control', cacheControl)
  if (!matches(request.headers['if-none-match'], tag)) return false
  void reply.code(304).send()
  return true
}

/** RFC 9110, 13.1.2: weak comparison, a list, or anything. */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  if (header.trim() === '*') return true
  return header.split(',').some(each => each.trim().replace(/^W\//, '') === `"${tag}"`)
}
