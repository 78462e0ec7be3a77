import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { HttpServer, type Asked } from './httpServer'

export interface Bucket {
  server: HttpServer
  /** by path, without the leading slash */
  objects: Map<string, Buffer>
  /** what was wrong with every request that was refused */
  refusals: string[]
}

/**
 * A server that keeps objects and lets nobody in whose signature it does not compute itself: AWS Signature Version 4 as its
 * specification says, with nothing shared with the client that is tested.
 */
export async function startBucket(keys: Record<string, string>, region: string): Promise<Bucket> {
  const objects = new Map<string, Buffer>()
  const refusals: string[] = []
  const server = await HttpServer.start((asked, response) => {
    const refusal = refusalOf(asked, keys, region)
    if (refusal) {
      refusals.push(refusal)
      response.writeHead(403).end(`<Error><Code>SignatureDoesNotMatch</Code></Error>`)
      return
    }
    const path = asked.path.slice(1)
    if (asked.method === 'PUT') {
      objects.set(path, asked.body)
      response.writeHead(200).end()
      return
    }
    const found = objects.get(path)
    if (!found) response.writeHead(404).end()
    else response.writeHead(200, { 'content-length': found.length }).end(asked.method === 'HEAD' ? '' : found)
  })
  return { server, objects, refusals }
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

/** Why a request has to be refused; undefined when its signature is right. */
function refusalOf(asked: Asked, keys: Record<string, string>, region: string): string | undefined {
  const { headers, body, method, path } = asked
  const parts = AUTHORIZATION.exec(headers.authorization ?? '')
  if (!parts) return `no authorization: ${headers.authorization}`
  const [, id, day, named, signed, signature] = parts as unknown as string[]
  const secret = keys[id!]
  const date = String(headers['x-amz-date'])
  if (secret === undefined) return `unknown key ${id}`
  if (named !== region || !date.startsWith(day!)) return `scope ${day}/${named}`
  const digest = createHash('sha256').update(body).digest('hex')
  if (headers['x-amz-content-sha256'] !== digest) return 'the digest of the body'
  const names = signed!.split(';')
  for (const must of ['host', 'x-amz-date', 'x-amz-content-sha256'])
    if (!names.includes(must)) return `${must} is not signed`
  const canonical = [
    method,
    path.split('?')[0],
    path.split('?')[1] ?? '',
    ...names.map(name => `${name}:${String(headers[name]).trim()}`),
    '',
    signed,
    digest,
  ].join('\n')
  const scope = `${day}/${region}/s3/aws4_request`
  const hashed = createHash('sha256').update(canonical).digest('hex')
  const key = [day!, region, 's3', 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${secret}`)
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope, hashed].join('\n'))
  return timingSafeEqual(expected, Buffer.from(signature!, 'hex')) ? undefined : 'the signature'
}

function hmac(key: Buffer | string, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
