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
  type TableName,
} from '../domain'
import { AttributionOracleError } from '../errors'
import { cborBlock, cborLink, decodeCbor, digestOf, rawBlock, type Block } from './block'

/** Rows of a table lie in pages, so that one page can be fetched and checked alone. */
const ROWS_PER_PAGE = 2048

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

/**
 * Reads an epoch back from its data digest; every block is checked against its digest by the store, every row against
 * its schema here.
 * @throws CONTENT_MISSING, CONTENT_CORRUPT, INVALID_DOCUMENT
 */
export async function readEpoch(content: ContentStore, dataDigest: Digest): Promise<EpochData> {
  const root = check(rootBlock, 'epoch root', await decodeCbor(await content.get(dataDigest)))
  const rows = async (name: TableName): Promise<unknown[]> => {
    const pages = await Promise.all(
      root.tables[name].map(async link => decodeCbor(await content.get(digestOf(link)))),
    )
    const schema: z.ZodType = epochTables[name]
    return pages.flatMap(page => check(z.array(schema), `table ${name}`, page))
  }
  const tables = Object.fromEntries(
    await Promise.all(TABLE_NAMES.map(async name => [name, await rows(name)] as const)),
  )
  return {
    header: check(epochHeader, 'epoch header', withDigest(root.header)),
    config: await content.get(digestOf(root.config)),
    inputs: await content.get(digestOf(root.inputs)),
    tables: tables as unknown as EpochTables,
  }
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
  const issues = parsed.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`)
  throw new AttributionOracleError(
    'INVALID_DOCUMENT',
    { what: `The published ${format} is malformed`, got: issues.slice(0, 5).join('; ') },
    { format, issues },
  )
}
