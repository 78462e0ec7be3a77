import { AwsClient } from 'aws4fetch'
import type { Patience } from './backoff'
import { objectPath, type Layer } from './contentStore'
import { checkedDigest, sha256 } from './digest'
import { ContentStoreError } from './errors'
import { readingLayer } from './gatewayStore'
import { sendContent, sizeAt, type Exchange } from './httpExchange'

/** Kept out of the location, so that it stands in no log. */
export interface Credentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken?: string
}

const EMPTY = sha256(new Uint8Array()).slice(2)

/**
 * A bucket that speaks S3: s3://bucket/prefix?region=... at Amazon, or with &endpoint=https://host, where the bucket is
 * the first part of the path. Objects lie as in a folder, so that either can be copied to the other. Requests are signed
 * (Signature Version 4) with the digest of their body.
 * @param area a folder below the prefix whose objects every write renews
 */
export function openBucket(
  location: URL,
  credentials: Credentials,
  { patience, area }: { patience: Patience; area?: string | undefined },
): Layer {
  const region = location.searchParams.get('region') ?? 'us-east-1'
  const endpoint = location.searchParams.get('endpoint')
  const prefix = location.pathname.replace(/^\/|\/$/g, '')
  const bucket = location.host
  const root = endpoint
    ? `${endpoint.replace(/\/$/, '')}/${bucket}`
    : `https://${bucket}.s3.${region}.amazonaws.com`
  const client = new AwsClient({ ...credentials, region, service: 's3', retries: 0 })
  const exchange: Exchange = {
    store: `s3://${bucket} at ${new URL(root).host}`,
    patience,
    request(method, digest, bytes) {
      const url = [root, prefix, area, objectPath(digest)].filter(Boolean).join('/')
      const headers = { 'x-amz-content-sha256': bytes ? digest.slice(2) : EMPTY }
      return client.sign(url, {
        method,
        headers,
        ...(bytes && { body: bytes as NonNullable<RequestInit['body']> }),
      })
    },
  }
  return {
    ...readingLayer(exchange, false),
    async write(digest, bytes) {
      // what stands in an area is as old as its last use
      if (area === undefined && (await sizeAt(exchange, checkedDigest(digest))) === bytes.length) return
      await sendContent(exchange, digest, bytes)
    },
  }
}

/** @throws NOT_A_STORE */
export function expectBucket({ host, username, searchParams }: URL): void {
  const endpoint = searchParams.get('endpoint')
  const fault = (reason: string): never => {
    throw new ContentStoreError('NOT_A_STORE', { got: `s3://${host}`, reason })
  }
  if (username) fault('credentials in its address, where logs show them')
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(host)) fault('not the name of a bucket')
  if (endpoint !== null && !(URL.canParse(endpoint) && /^https?:$/.test(new URL(endpoint).protocol)))
    fault('its endpoint is no http(s) URL')
}
