import { sha256, type Digest, type Root } from '../domain'
import { AttributionOracleError } from '../errors'
import { fromHex, toHex } from './hex'
import { NODE_BYTES } from './positionalTree'

/** What a tree file is about, and what its parts have to be. */
export interface TreeHeader {
  specVersion: number
  chainId: number
  vault: string
  epoch: number
  ledgerCount: number
  journalCount: number
  manifestCount: number
  ledgerRoot: Root
  journalRoot: Root
  manifestRoot: Root
  /** the sum of the ledger, wei */
  total: bigint
  dataDigest: Digest
  /** SHA-256 of everything behind the nodes: index, journal and manifest */
  tablesDigest: Digest
}

/** Where the parts of a tree file lie, in bytes from its start. */
export interface TreeLayout {
  leaves: number
  nodes: number
  index: number
  journal: number
  manifest: number
  length: number
  /** byte offset of each level of nodes, leaves' hashes first, and behind the last one */
  levels: readonly number[]
}

export const HEADER_BYTES = 256
export const LEDGER_LEAF_BYTES = 20 + 16 + 16
export const JOURNAL_LEAF_BYTES = 4 + 4 + 16 + 16
export const MANIFEST_LEAF_BYTES = 8 + 24 + 8 + 16 + 16 + 16 + 16
export const TREE_FILE_VERSION = 1

const MAGIC = new TextEncoder().encode('OpenDatanetsTree')
const CHECKED_BYTES = HEADER_BYTES - 32

/** The layout follows from the counts alone. */
export function treeLayout(
  counts: Pick<TreeHeader, 'ledgerCount' | 'journalCount' | 'manifestCount'>,
): TreeLayout {
  const leaves = HEADER_BYTES
  const nodes = leaves + counts.ledgerCount * LEDGER_LEAF_BYTES
  const levels = [nodes]
  let index = nodes
  for (let size = counts.ledgerCount; size > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    index += size * NODE_BYTES
    levels.push(index)
  }
  const journal = index + counts.ledgerCount * 4
  const manifest = journal + counts.journalCount * JOURNAL_LEAF_BYTES
  const length = manifest + counts.manifestCount * MANIFEST_LEAF_BYTES
  return { leaves, nodes, index, journal, manifest, length, levels }
}

export function encodeTreeHeader(header: TreeHeader): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  bytes.set(MAGIC)
  view.setUint32(16, TREE_FILE_VERSION)
  view.setUint32(20, header.specVersion)
  view.setBigUint64(24, BigInt(header.chainId))
  bytes.set(fromHex(header.vault), 32)
  view.setUint32(52, header.epoch)
  view.setUint32(56, header.ledgerCount)
  view.setUint32(60, header.journalCount)
  view.setUint32(64, header.manifestCount)
  bytes.set(fromHex(header.ledgerRoot), 68)
  bytes.set(fromHex(header.journalRoot), 92)
  bytes.set(fromHex(header.manifestRoot), 116)
  view.setBigUint64(140, header.total >> 64n)
  view.setBigUint64(148, BigInt.asUintN(64, header.total))
  bytes.set(fromHex(header.dataDigest), 156)
  bytes.set(fromHex(header.tablesDigest), 188)
  bytes.set(fromHex(sha256(bytes.subarray(0, CHECKED_BYTES))), CHECKED_BYTES)
  return bytes
}

/**
 * Reads the header of a tree file and holds it against its own checksum.
 * @param name of the file, for the message
 * @throws TREE_CORRUPT
 */
export function decodeTreeHeader(name: string, bytes: Uint8Array): TreeHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const magic = toHex(bytes.subarray(0, MAGIC.length))
  if (magic !== toHex(MAGIC)) throw treeCorrupt(name, `a file that begins ${magic}`, toHex(MAGIC))
  const version = view.getUint32(16)
  if (version !== TREE_FILE_VERSION)
    throw treeCorrupt(name, `version ${version}`, `version ${TREE_FILE_VERSION}`)
  const expected = toHex(bytes.subarray(CHECKED_BYTES, HEADER_BYTES))
  const got = sha256(bytes.subarray(0, CHECKED_BYTES))
  if (got !== expected) throw treeCorrupt(name, `a header with the digest ${got}`, expected)
  const hex = (at: number, length: number): `0x${string}` => toHex(bytes.subarray(at, at + length))
  return {
    specVersion: view.getUint32(20),
    chainId: Number(view.getBigUint64(24)),
    vault: hex(32, 20),
    epoch: view.getUint32(52),
    ledgerCount: view.getUint32(56),
    journalCount: view.getUint32(60),
    manifestCount: view.getUint32(64),
    ledgerRoot: hex(68, NODE_BYTES),
    journalRoot: hex(92, NODE_BYTES),
    manifestRoot: hex(116, NODE_BYTES),
    total: (view.getBigUint64(140) << 64n) | view.getBigUint64(148),
    dataDigest: hex(156, 32),
    tablesDigest: hex(188, 32),
  }
}

export function treeCorrupt(file: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'TREE_CORRUPT',
    {
      what: `The tree file ${file} is damaged`,
      got,
      expected,
      fix: 'Delete it: it is written again from the content of its epoch',
    },
    { file, got, expected },
  )
}
