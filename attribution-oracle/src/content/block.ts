import { CID } from 'multiformats/cid'
import * as Digests from 'multiformats/hashes/digest'
import { sha256, type Digest } from '../domain'
import { AttributionOracleError } from '../errors'

// The @ipld packages have no entry for require(), unlike the other ESM packages here: import() loads them where used.

const RAW = 0x55
const DAG_CBOR = 0x71
const SHA2_256 = 0x12

/** Bytes with the CID that names them; every CID here is version 1 with SHA-256. */
export interface Block {
  cid: CID
  bytes: Uint8Array
}

/** A canonical dag-cbor block of a JSON-like value; bigint becomes a decimal string, CIDs become links. */
export async function cborBlock(value: unknown): Promise<Block> {
  const dagCbor = await import('@ipld/dag-cbor')
  const bytes = dagCbor.encode(plain(value))
  return { cid: linkTo(sha256(bytes), DAG_CBOR), bytes }
}

export function rawBlock(bytes: Uint8Array): Block {
  return { cid: linkTo(sha256(bytes), RAW), bytes }
}

/** The value of a dag-cbor block, with nothing known about its shape yet. @throws INVALID_DOCUMENT */
export async function decodeCbor(bytes: Uint8Array): Promise<unknown> {
  const dagCbor = await import('@ipld/dag-cbor')
  try {
    return dagCbor.decode(bytes)
  } catch (cause) {
    const issue = cause instanceof Error ? cause.message : String(cause)
    throw new AttributionOracleError(
      'INVALID_DOCUMENT',
      { what: 'This block is not canonical dag-cbor', got: issue },
      { format: 'dag-cbor', issues: [issue] },
      { cause },
    )
  }
}

/** The SHA-256 inside a CID, which is the name of its bytes in the content store. @throws INVALID_DOCUMENT */
export function digestOf(link: unknown): Digest {
  return `0x${Buffer.from(cidOf(link).multihash.digest).toString('hex')}`
}

/** A link as a CID with SHA-256. @throws INVALID_DOCUMENT */
export function cidOf(link: unknown): CID {
  const cid = CID.asCID(link)
  if (cid?.multihash.code === SHA2_256) return cid
  throw new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: 'A link of the epoch is not a SHA-256 CID', got: String(link) },
    { format: 'cid', issues: [String(link)] },
  )
}

/** The CID of a dag-cbor block by its digest. */
export function cborLink(digest: Digest): CID {
  return linkTo(digest, DAG_CBOR)
}

function linkTo(digest: Digest, codec: number): CID {
  return CID.createV1(codec, Digests.create(SHA2_256, Uint8Array.from(Buffer.from(digest.slice(2), 'hex'))))
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object' || CID.asCID(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
}
