import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import { readEpochParts, writeWhole } from '../../content'
import { PageCache } from '../../corpusIndex'
import { SPEC_VERSION, type ContentStore, type Post } from '../../domain'
import { AttributionOracleError, isFault } from '../../errors'
import { LedgerFile, treeDomains, treeLayout, type Domains, type Keccak } from '../../settlement'
import type { System } from '../dependencies'
import { treeBuilder } from '../previousEpoch'
import { publishedFiles, treeFileOf } from '../publish'
import { PagedSource } from './pagedSource'

export interface TreeFilesOptions {
  keccak: Keccak
  system: System
  content: ContentStore
  publishFolder: string
  /** memory for pages of all files, bytes */
  cacheBytes: number
}

const TREES = ['ledger', 'journal', 'manifest'] as const

interface Open {
  file: LedgerFile
  source: PagedSource
  /** its pages were read ahead */
  warm?: boolean
}

/**
 * Opens one tree file with a cache of its own.
 * @throws TREE_CORRUPT, TREE_UNREADABLE
 */
export async function openTreeFile(
  path: string,
  keccak: Keccak,
  domains: Domains,
  cacheBytes: number,
): Promise<{ file: LedgerFile; close(): void }> {
  const { file, source } = await openChecked(path, new PageCache(cacheBytes), keccak, domains)
  return { file, close: () => source.close() }
}

/** The tree files of the publish folder, held open; one that is missing or of another root is built from content. */
export class TreeFiles {
  private readonly domains: Domains
  private readonly cache: PageCache
  private readonly open = new Map<number, Open>()

  constructor(private readonly options: TreeFilesOptions) {
    const { keccak, system } = options
    this.domains = treeDomains(keccak, system.chainId, system.vault, SPEC_VERSION)
    this.cache = new PageCache(options.cacheBytes)
  }

  /** The file of an epoch as it was opened last. */
  get(epoch: number): LedgerFile | undefined {
    return this.open.get(epoch)?.file
  }

  /**
   * Opens the file of a post, and builds it from content where the folder has none, or another one.
   * @throws CONTENT_MISSING, INVALID_DOCUMENT when the content is not what was posted, TREE_UNREADABLE
   */
  async ofPost(post: Post): Promise<LedgerFile> {
    const found = await this.inFolder(post.epoch)
    if (found?.header.ledgerRoot === post.ledgerRoot && found.header.dataDigest === post.dataDigest)
      return found
    await this.build(post)
    const built = await this.inFolder(post.epoch)
    if (built) return built
    const reason = 'it went while it was opened'
    throw new AttributionOracleError(
      'NOT_READY',
      { what: `The tree file of epoch ${post.epoch} is gone`, got: reason },
      { part: `epoch ${post.epoch}`, reason },
    )
  }

  /** The file of an epoch as it lies in the folder now; undefined without one, or with a damaged one. */
  async inFolder(epoch: number): Promise<LedgerFile | undefined> {
    const path = publishedFiles(this.options.publishFolder, epoch).tree
    const known = this.open.get(epoch)
    const facts = await stat(path).catch(() => undefined)
    if (!facts) return undefined
    if (known?.source.version === `${facts.ino}-${facts.mtimeMs}-${facts.size}`) return known.file
    try {
      const opened = await openChecked(path, this.cache, this.options.keccak, this.domains)
      this.expectOurs(opened)
      known?.source.close()
      this.open.set(epoch, opened)
      return opened.file
    } catch (error) {
      if (isFault(error, 'TREE_CORRUPT')) return undefined
      throw error
    }
  }

  /** Reads a file that is open ahead of questions, where it fits into memory. */
  async warm(epoch: number): Promise<void> {
    const opened = this.open.get(epoch)
    if (!opened || opened.warm) return
    opened.warm = true
    await opened.source.warm()
  }

  /** Takes a file that turned out to be damaged away, so that it is built again. @returns its epoch */
  async discard(path: string): Promise<number | undefined> {
    for (const [epoch, { source }] of this.open) {
      if (source.name !== path) continue
      this.open.delete(epoch)
      source.close()
      await rm(path, { force: true })
      return epoch
    }
    return undefined
  }

  close(): void {
    for (const { source } of this.open.values()) source.close()
    this.open.clear()
  }

  /** A file of another system would give proofs of nothing here. @throws TREE_CORRUPT */
  private expectOurs({ file, source }: Open): void {
    const { system } = this.options
    const got = `chain ${file.header.chainId}, vault ${file.header.vault}`
    const expected = `chain ${system.chainId}, vault ${system.vault.toLowerCase()}`
    if (got === expected) return
    source.close()
    throw corrupt(file.name, got, expected)
  }

  private async build(post: Post): Promise<void> {
    const { keccak, system, content, publishFolder } = this.options
    const parts = await readEpochParts(content, post.dataDigest, post, TREES)
    const missing = parts.faults.find(({ part }) => ['data', ...TREES].includes(part))
    if (missing) throw missing.fault
    const { ledger = [], journal = [], manifest = [] } = parts.tables
    const builder = treeBuilder(keccak, system)
    const trees = {
      ledger: builder.ledger(ledger),
      journal: builder.journal(journal),
      manifest: builder.manifest(manifest),
    }
    for (const name of TREES) {
      const [got, expected] = [trees[name].tree.root, post[`${name}Root`]]
      if (got === expected) continue
      throw new AttributionOracleError(
        'INVALID_DOCUMENT',
        { what: `The published ${name} of epoch ${post.epoch} is not the posted one`, got, expected },
        { format: `epoch ${name}`, issues: [got] },
      )
    }
    await writeWhole(publishedFiles(publishFolder, post.epoch).tree, treeFileOf(system, post, trees))
  }
}

async function openChecked(path: string, cache: PageCache, keccak: Keccak, domains: Domains): Promise<Open> {
  const source = new PagedSource(path, cache)
  try {
    const file = LedgerFile.open(source, keccak, domains)
    const { tablesDigest } = file.header
    const tables = await digestFrom(path, treeLayout(file.header).index, source.length)
    if (tables !== tablesDigest) throw corrupt(path, `tables ${tables}`, tablesDigest)
    return { file, source }
  } catch (error) {
    source.close()
    throw error
  }
}

async function digestFrom(path: string, start: number, length: number): Promise<string> {
  const hash = createHash('sha256')
  if (start < length)
    for await (const part of createReadStream(path, { start, highWaterMark: 1 << 20 }))
      hash.update(part as Uint8Array)
  return `0x${hash.digest('hex')}`
}

function corrupt(file: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'TREE_CORRUPT',
    { what: `The tree file ${file} cannot be served`, got, expected, fix: 'Delete it: it is built again' },
    { file, got, expected },
  )
}
