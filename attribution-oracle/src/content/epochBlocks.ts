import { z } from 'zod'
import {
  EPOCH_DATA_FORMAT,
  epochHeader,
  epochTables,
  TABLE_NAMES,
  type ContentStore,
  type Digest,
  type EpochData,
  type EpochTables,
  MAX_DOCUMENT_BYTES,
  type Post,
  type TableName,
} from '../domain'
import { AttributionOracleError, isContentFault } from '../errors'
import type { CID } from 'multiformats/cid'
import { cborBlock, cborLink, cidOf, decodeCbor, digestOf, rawBlock, type Block } from './block'

/** Rows of a table lie in pages, so that one page can be fetched and checked alone. */
const ROWS_PER_PAGE = 2048

/** What is read of a stranger's epoch: bytes of a root or page, and rows of a table that no count on chain bounds. */
const MAX_BLOCK_BYTES = 8 * 1024 * 1024
const MAX_ROWS = 2 ** 22

const links = z.array(z.unknown())
const rootBlock = z.object({
  format: z.literal(EPOCH_DATA_FORMAT),
  version: z.literal(1),
  header: z.unknown(),
  config: z.unknown(),
  inputs: z.unknown(),
  tables: z.object(
    Object.fromEntries(TABLE_NAMES.map(name => [name, links])) as Record<TableName, typeof links>,
  ),
})

/** The blocks of an epoch, root first. The data digest is the SHA-256 in the root's CID. */
export async function epochBlocks(data: EpochData): Promise<{ dataDigest: Digest; blocks: Block[] }> {
  const config = rawBlock(data.config)
  const inputs = rawBlock(data.inputs)
  const tables = await Promise.all(
    TABLE_NAMES.map(async name => ({ name, pages: await pagesOf(data.tables[name]) })),
  )
  const { previous, ...header } = data.header
  const root = await cborBlock({
    format: EPOCH_DATA_FORMAT,
    version: 1,
    header: { ...header, previous: previous && cborLink(previous) },
    config: config.cid,
    inputs: inputs.cid,
    tables: Object.fromEntries(tables.map(({ name, pages }) => [name, pages.map(page => page.cid)])),
  })
  return {
    dataDigest: digestOf(root.cid),
    blocks: [root, config, inputs, ...tables.flatMap(table => table.pages)],
  }
}

/** The rows that a post counts; a table with more pages than that is not read. */
export type RowCounts = Pick<Post, 'ledgerCount' | 'journalCount' | 'manifestCount'>

/** What can be read of a published epoch; what cannot stands in `faults`, with the content fault. */
export interface EpochParts {
  header?: EpochData['header']
  config?: Uint8Array
  inputs?: Uint8Array
  tables: Partial<EpochTables>
  faults: readonly { part: string; fault: Error }[]
}

/**
 * Reads an epoch back from its data digest; every block is checked against its digest by the store, every row against
 * its schema here.
 * @param counts of the post that names the digest
 * @throws CONTENT_MISSING, CONTENT_CORRUPT, CONTENT_UNREADABLE, CONTENT_TOO_LARGE, INVALID_DOCUMENT
 */
export async function readEpoch(
  content: ContentStore,
  dataDigest: Digest,
  counts?: RowCounts,
): Promise<EpochData> {
  const { faults, ...parts } = await readEpochParts(content, dataDigest, counts)
  if (faults[0]) throw faults[0].fault
  return parts as EpochData
}

/**
 * Reads as much of an epoch as its poster published: a table that is withheld or malformed hides no other.
 * @param names of the tables that are wanted
 * @throws CONTENT_CORRUPT, CONTENT_UNREADABLE when our own copy is at fault
 */
export async function readEpochParts(
  content: ContentStore,
  dataDigest: Digest,
  counts?: RowCounts,
  names: readonly TableName[] = TABLE_NAMES,
): Promise<EpochParts> {
  const faults: { part: string; fault: Error }[] = []
  const read = async <T>(part: string, from: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await from()
    } catch (fault) {
      if (!isContentFault(fault)) throw fault
      faults.push({ part, fault })
      return undefined
    }
  }
  const root = await read('data', async () =>
    check(rootBlock, 'epoch root', await decodeCbor(await content.get(dataDigest, MAX_BLOCK_BYTES))),
  )
  if (!root) return { tables: {}, faults }
  const raw = (part: 'config' | 'inputs') =>
    read(part, () => content.get(digestOf(root[part]), MAX_DOCUMENT_BYTES))
  const header = await read('header', async () => check(epochHeader, 'epoch header', withDigest(root.header)))
  const [config, inputs] = [await raw('config'), await raw('inputs')]
  const tables: Partial<Record<TableName, unknown[]>> = {}
  for (const name of names) {
    const rows = await read(name, () => tableOf(content, name, root.tables[name], countOf(name, counts)))
    if (rows) tables[name] = rows
  }
  return {
    ...(header && { header }),
    ...(config && { config }),
    ...(inputs && { inputs }),
    tables: tables as Partial<EpochTables>,
    faults,
  }
}

/**
 * The links of a published epoch in the order of its blocks, after the root, and the codes that its scores follow from.
 * @throws CONTENT_MISSING, CONTENT_CORRUPT, CONTENT_UNREADABLE, INVALID_DOCUMENT for a root that is none, or that links
 * more pages than the counted rows fill
 */
export async function epochLinks(
  content: ContentStore,
  dataDigest: Digest,
  counts: RowCounts,
): Promise<{ root: CID; links: CID[]; codes: Digest | undefined }> {
  const block = await decodeCbor(await content.get(dataDigest, MAX_BLOCK_BYTES))
  const { header, config, inputs, tables } = check(rootBlock, 'epoch root', block)
  const { codes } = check(epochHeader, 'epoch header', withDigest(header)).scoring
  const pages = TABLE_NAMES.flatMap(name => {
    expectPages(name, tables[name], countOf(name, counts))
    return tables[name]
  })
  return { root: cborLink(dataDigest), links: [config, inputs, ...pages].map(cidOf), codes }
}

/** All pages but the last are full, and no two are the same, so that a table costs its poster what it costs its readers. */
async function tableOf(
  content: ContentStore,
  name: TableName,
  pages: readonly unknown[],
  count: number | undefined,
): Promise<unknown[]> {
  const format = `table ${name}`
  expectPages(name, pages, count)
  const digests = pages.map(digestOf)
  if (new Set(digests).size < digests.length) throw malformed(format, ['the same page twice'])
  const schema = z.array(epochTables[name] as z.ZodType)
  const rows: unknown[] = []
  for (const [i, digest] of digests.entries()) {
    const page = check(schema, format, await decodeCbor(await content.get(digest, MAX_BLOCK_BYTES)))
    const full = i === digests.length - 1 ? page.length > 0 : page.length === ROWS_PER_PAGE
    if (!full || page.length > ROWS_PER_PAGE) throw malformed(format, [`${page.length} rows in page ${i}`])
    for (const row of page) rows.push(row)
  }
  return rows
}

function expectPages(name: TableName, pages: readonly unknown[], count: number | undefined): void {
  const most = Math.ceil((count ?? MAX_ROWS) / ROWS_PER_PAGE)
  if (pages.length > most) throw malformed(`table ${name}`, [`${pages.length} pages, at most ${most}`])
}

function countOf(name: TableName, counts: RowCounts | undefined): number | undefined {
  if (name === 'ledger') return counts?.ledgerCount
  if (name === 'journal') return counts?.journalCount
  return name === 'manifest' ? counts?.manifestCount : undefined
}

/** In the block `previous` is a link; in memory it is the digest inside it. */
function withDigest(header: unknown): unknown {
  if (typeof header !== 'object' || header === null || !('previous' in header)) return header
  return { ...header, previous: header.previous === null ? null : digestOf(header.previous) }
}

async function pagesOf(rows: readonly unknown[]): Promise<Block[]> {
  const pages: Block[] = []
  for (let at = 0; at < rows.length; at += ROWS_PER_PAGE)
    pages.push(await cborBlock(rows.slice(at, at + ROWS_PER_PAGE)))
  return pages
}

function check<T>(schema: z.ZodType<T>, format: string, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw malformed(
    format,
    parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`),
  )
}

function malformed(format: string, issues: readonly string[]): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `The published ${format} is malformed`, got: issues.slice(0, 5).join('; ') },
    { format, issues },
  )
}
