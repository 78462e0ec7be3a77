import { canonicalBytes, sha256, type ContentStore, type Digest } from '@open-datanets/content-store'
import { itemsRoot } from '../chain/itemsRoot'
import {
  readDatanet,
  type CommittedBatch,
  type DatanetAtBlock,
  type ReadDatanetOptions,
} from '../chain/readDatanet'
import type { Absence, Run } from '../chain/standing'
import { BATCH_FORMAT, batchManifest, type BatchManifest } from '../documents/batchManifest'
import { parseDocument } from '../documents/parseDocument'
import { SNAPSHOT_FORMAT, type Snapshot } from '../documents/snapshot'

export interface TakeSnapshotOptions extends ReadDatanetOptions {
  content: ContentStore
  onProgress?: (progress: { done: number; total: number }) => void
}

/** A contribution that can be trained on. */
export interface ContributedFile {
  id: number
  contributor: string
  name: string
  bytes: Uint8Array
}

/**
 * UNAVAILABLE: the store does not give the bytes. INVALID_BATCH: the manifest is malformed or not the one that was
 * committed, so all of its items go. WRONG_CONTENT: the bytes are not what the manifest says. The others come from the
 * chain alone: taken back, replaced, not accepted by the curator, or an id that documents cannot hold.
 */
export type RefusalReason = 'UNAVAILABLE' | 'INVALID_BATCH' | 'WRONG_CONTENT' | Absence

/** Contributions `id` to `id + count - 1`, which are on chain but not in the snapshot. */
export interface Refusal {
  id: number
  count: number
  contributor: string
  reason: RefusalReason
  detail: string
}

export interface SnapshotResult {
  snapshot: Snapshot
  digest: Digest
  /** The files of `snapshot.contributions`, in the same order. */
  files: ContributedFile[]
  refused: Refusal[]
}

type Fault = { reason: RefusalReason; detail: string }
type BatchItem = BatchManifest['items'][number]

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))

/** Why a manifest is not the one behind a batch; undefined when it is. */
function batchFault(
  manifest: BatchManifest,
  batch: CommittedBatch,
  datanet: DatanetAtBlock,
): string | undefined {
  const { contributor } = batch
  if (manifest.datanetId !== datanet.datanetId)
    return `datanet ${manifest.datanetId}, on chain ${datanet.datanetId}`
  if (manifest.contributor.toLowerCase() !== contributor.toLowerCase())
    return `contributor ${manifest.contributor}, on chain ${contributor}`
  if (manifest.items.length !== batch.itemCount)
    return `${manifest.items.length} items, on chain ${batch.itemCount}`
  const root = itemsRoot({ ...datanet, contributor }, manifest.items)
  return root === batch.itemsRoot ? undefined : `items hash to ${root}, on chain ${batch.itemsRoot}`
}

async function readManifest(
  batch: CommittedBatch,
  datanet: DatanetAtBlock,
  content: ContentStore,
): Promise<BatchManifest | Fault> {
  let bytes: Uint8Array
  try {
    bytes = await content.get(batch.manifestDigest)
  } catch (cause) {
    return { reason: 'UNAVAILABLE', detail: reasonOf(cause) }
  }
  try {
    const manifest = parseDocument(batchManifest, BATCH_FORMAT, bytes)
    const detail = batchFault(manifest, batch, datanet)
    return detail === undefined ? manifest : { reason: 'INVALID_BATCH', detail }
  } catch (cause) {
    return { reason: 'INVALID_BATCH', detail: reasonOf(cause) }
  }
}

async function readItem(item: BatchItem, content: ContentStore): Promise<Uint8Array | Fault> {
  let bytes: Uint8Array
  try {
    bytes = await content.get(item.digest)
  } catch (cause) {
    return { reason: 'UNAVAILABLE', detail: reasonOf(cause) }
  }
  // The store promises the digest; what trains a model is worth a second look. The size is only the manifest's word.
  const digest = sha256(bytes)
  if (digest !== item.digest)
    return { reason: 'WRONG_CONTENT', detail: `got ${digest}, expected ${item.digest}` }
  if (bytes.length === item.size) return bytes
  return { reason: 'WRONG_CONTENT', detail: `${bytes.length} bytes, the manifest says ${item.size}` }
}

const WORDS: Record<Absence, string> = {
  WITHDRAWN: 'taken back by its contributor',
  SUPERSEDED: 'replaced by a later contribution',
  UNDECIDED: 'its batch waits for the owner of the Datanet',
  REFUSED: 'its batch was refused by the owner of the Datanet',
  ID_TOO_LARGE: 'its id is no safe integer',
}

type Read = { id: number; count: number } & ({ item: BatchItem; bytes: Uint8Array } | Fault)

/** Every item of a batch in order; what is not to be had comes in runs, with the reason. */
async function* readBatch(
  batch: CommittedBatch,
  datanet: DatanetAtBlock,
  content: ContentStore,
): AsyncGenerator<Read> {
  const present = batch.runs.some(({ absence }) => absence === undefined)
  const manifest = present ? await readManifest(batch, datanet, content) : undefined
  for (const run of batch.runs) {
    const whole = { id: run.from, count: run.to - run.from }
    if (run.absence) yield { ...whole, reason: run.absence, detail: WORDS[run.absence] }
    else if (!manifest || 'reason' in manifest) yield { ...whole, ...manifest! }
    else yield* readRun(run, manifest.items.slice(run.from - batch.firstContributionId), content)
  }
}

async function* readRun(
  { from, to }: Run,
  items: readonly BatchItem[],
  content: ContentStore,
): AsyncGenerator<Read> {
  for (let id = from; id < to; id++) {
    const item = items[id - from]!
    const bytes = await readItem(item, content)
    yield { id, count: 1, ...('reason' in bytes ? bytes : { item, bytes }) }
  }
}

/**
 * Takes what a Datanet holds at one block: asks the chain for permission first, then reads every batch and checks every
 * item against what was committed. What does not fit is recorded as refused and never stops the rest. The same block
 * and content give the same digest. The snapshot is put into the content store.
 * Throws NOT_PERMITTED, UNKNOWN_BLOCK, CHAIN_CALL_FAILED, or the signal's reason.
 */
export async function takeSnapshot(o: TakeSnapshotOptions): Promise<SnapshotResult> {
  const datanet = await readDatanet(o)
  const total = datanet.batches.reduce((sum, batch) => sum + batch.itemCount, 0)
  const contributions: Snapshot['contributions'] = []
  const files: ContributedFile[] = []
  const refused: Refusal[] = []
  let done = 0

  for (const batch of datanet.batches) {
    const { contributor } = batch
    for await (const read of readBatch(batch, datanet, o.content)) {
      o.signal?.throwIfAborted()
      const { id, count } = read
      if ('reason' in read) refused.push({ contributor, ...read })
      else {
        const { digest, name, size } = read.item
        contributions.push({ id, contributor, digest, name, size })
        files.push({ id, contributor, name, bytes: read.bytes })
      }
      o.onProgress?.({ done: (done += count), total })
    }
  }
  const { chainId, registry, datanetId, blockNumber } = datanet
  const where = { chainId, registry, datanetId, blockNumber }
  const left = refused.map(({ id, count, reason }) => ({ id, count, reason }))
  const snapshot: Snapshot = { format: SNAPSHOT_FORMAT, version: 2, ...where, contributions, refused: left }
  return { snapshot, digest: await o.content.put(canonicalBytes(snapshot)), files, refused }
}
