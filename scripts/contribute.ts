import { canonicalBytes, type ContentStore, type Digest } from '@open-datanets/content-store'

import type { DatanetRegistry } from '../typechain-types'
import { batchManifest, itemSalt, itemsTree, type BatchItem, type BatchScope } from './batchManifest'
import { ProtocolError } from './errors'
import { checkEvent, eventOf, mined } from './minedTransaction'
import { signerOf } from './signerOf'
import { checkSourceFiles, mediaTypeOf, readSourceFiles, type SourceFile } from './sourceFiles'

export interface CommitOptions {
  readonly datanetId: number
  readonly content: ContentStore
  /** Makes the salts again from the same files; without it they are random. Keep it secret until the reveal. */
  readonly saltSeed?: string
  /** Greatest size of one item in bytes. */
  readonly maxItemBytes?: number
  /** Items per transaction. Default 1000. */
  readonly batchSize?: number
  readonly onProgress?: (progress: { done: number; total: number }) => void
  readonly signal?: AbortSignal
}

export interface ContributeOptions extends CommitOptions {
  /** Files and folders. */
  readonly paths: readonly string[]
  /** The ending of the files that are taken from folders. Default ".sol". */
  readonly extension?: string
}

export interface CommittedBatch {
  readonly batchId: bigint
  /** Item i of the batch is the contribution `firstContributionId + i`. */
  readonly firstContributionId: bigint
  readonly items: readonly BatchItem[]
  readonly itemsRoot: string
  readonly manifestDigest: Digest
  readonly blockNumber: number
  readonly gasUsed: bigint
  readonly transactionHash: string
}

export interface Contributed {
  readonly contributor: string
  readonly contributorIndex: number
  readonly batches: readonly CommittedBatch[]
}

/**
 * Contributes files and folders to a datanet: `contributeFiles` over what `readSourceFiles` finds.
 * @throws ProtocolError FILE_UNREADABLE, and all of `contributeFiles`.
 */
export async function contribute(
  registry: DatanetRegistry,
  { paths, extension, ...options }: ContributeOptions,
): Promise<Contributed> {
  const files = await readSourceFiles(paths, extension === undefined ? {} : { extension })
  return contributeFiles(registry, files, options)
}

/**
 * Commits files to a datanet in batches. Nothing is sent before every file has been checked, and a batch is only
 * committed once its bytes and its manifest lie in the content store.
 * @param registry connected to the contributor's signer.
 * @throws ProtocolError FILE_* and FILES_MISSING for what cannot be contributed; DATANET_UNKNOWN;
 *   TRANSACTION_REVERTED (e.g. not on the datanet's list); EVENT_MISMATCH.
 */
export async function contributeFiles(
  registry: DatanetRegistry,
  files: readonly SourceFile[],
  options: CommitOptions,
): Promise<Contributed> {
  const { account } = await signerOf(registry)
  const batches: CommittedBatch[] = []
  for await (const batch of prepareBatches(registry, account, files, options)) {
    batches.push(await commitBatch(registry, account, batch))
    options.onProgress?.({ done: batch.done, total: files.length })
  }
  const { index } = await registry.contributorIndexOf(account)
  return { contributor: account, contributorIndex: Number(index), batches }
}

/** A batch whose bytes and manifest lie in the content store: what is left is to commit it. */
export interface PreparedBatch {
  readonly datanetId: number
  readonly items: readonly BatchItem[]
  readonly itemsRoot: string
  readonly manifestDigest: Digest
  /** How many files this batch and those before it hold. */
  readonly done: number
}

/**
 * Prepares batches for whoever commits them: the caller, or a wallet that signs later.
 * @throws ProtocolError as `contributeFiles`, less what comes of sending.
 */
export async function* prepareBatches(
  registry: DatanetRegistry,
  contributor: string,
  files: readonly SourceFile[],
  options: CommitOptions,
): AsyncGenerator<PreparedBatch> {
  const { datanetId, content, saltSeed, maxItemBytes, batchSize = 1000, signal } = options
  const digests = checkSourceFiles(files, maxItemBytes)
  checkBatchSize(batchSize)
  const scope = await scopeOf(registry, contributor, datanetId)
  const all = files.map(({ name, bytes }, i): BatchItem => {
    const digest = digests[i] as Digest
    const salt = itemSalt(scope, digest, saltSeed)
    return { name, mediaType: mediaTypeOf(name), digest, size: bytes.length, salt }
  })
  for (let start = 0; start < all.length; start += batchSize) {
    signal?.throwIfAborted()
    for (const { bytes } of files.slice(start, start + batchSize)) await content.put(bytes)
    const items = all.slice(start, start + batchSize)
    const itemsRoot = itemsTree(scope, items).root
    const manifestDigest = await content.put(canonicalBytes(batchManifest(scope, items)))
    yield { datanetId, items, itemsRoot, manifestDigest, done: start + items.length }
  }
}

async function commitBatch(
  registry: DatanetRegistry,
  contributor: string,
  { datanetId, items, itemsRoot, manifestDigest }: PreparedBatch,
): Promise<CommittedBatch> {
  const receipt = await mined(
    `commitBatch of ${items.length} items to datanet ${datanetId}`,
    registry.commitBatch(datanetId, itemsRoot, items.length, manifestDigest),
    registry,
  )
  const event = await eventOf(receipt, registry, 'BatchCommitted')
  checkEvent(event, { datanetId, contributor, itemCount: items.length, itemsRoot, manifestDigest })
  return {
    batchId: BigInt(event.args.getValue('firstContributionId')),
    firstContributionId: BigInt(event.args.getValue('firstContributionId')),
    items,
    itemsRoot,
    manifestDigest,
    blockNumber: receipt.blockNumber,
    gasUsed: receipt.gasUsed,
    transactionHash: receipt.hash,
  }
}

async function scopeOf(
  registry: DatanetRegistry,
  contributor: string,
  datanetId: number,
): Promise<BatchScope> {
  const address = await registry.getAddress()
  if (!Number.isInteger(datanetId) || datanetId < 1 || datanetId > (await registry.datanetCount())) {
    throw new ProtocolError('DATANET_UNKNOWN', { datanetId, registry: address })
  }
  const network = await registry.runner?.provider?.getNetwork()
  if (network === undefined) {
    const data = {
      name: 'registry',
      got: 'a contract without a chain',
      expected: 'one connected to a provider',
    }
    throw new ProtocolError('ARGUMENT_INVALID', data)
  }
  return { chainId: network.chainId, registry: address, datanetId, contributor }
}

function checkBatchSize(batchSize: number): void {
  if (Number.isInteger(batchSize) && batchSize > 0) return
  throw new ProtocolError('ARGUMENT_INVALID', {
    name: 'batchSize',
    got: String(batchSize),
    expected: 'a whole number of at least 1',
  })
}
