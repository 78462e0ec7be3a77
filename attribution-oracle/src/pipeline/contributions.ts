import { batchFault } from '../chain'
import {
  BATCH_FORMAT,
  batchManifest,
  MAX_DOCUMENT_BYTES,
  parseDocument,
  type Batch,
  type ContentStore,
  type EpochInputs,
  type ReasonCode,
  type Row,
  type ScreenInput,
} from '../domain'
import { isAbsent, isContentFault } from '../errors'

type Decision = Row<'screening'>

export interface Contributions {
  files: ScreenInput[]
  /** contributions that never reach screening, with the reason */
  faults: Decision[]
  /** contributor index by contribution id */
  contributorOf: ReadonlyMap<bigint, number>
}

/**
 * Fetches what was committed to a datanet. A batch or file that is missing or not what the chain says is no failure of
 * the epoch: it is recorded with its reason and earns nothing.
 * @param maxBytes of a file that screening would still read; a larger one is not loaded
 * @throws CONTENT_CORRUPT, CONTENT_UNREADABLE when our own copy is at fault
 */
export async function collectContributions(
  inputs: EpochInputs,
  datanetId: number,
  content: ContentStore,
  maxBytes: number,
): Promise<Contributions> {
  const files: ScreenInput[] = []
  const faults: Decision[] = []
  const contributorOf = new Map<bigint, number>()
  for (const batch of inputs.batches.filter(each => each.datanetId === datanetId)) {
    const ids = Array.from({ length: batch.itemCount }, (_, i) => batch.firstContributionId + BigInt(i))
    for (const id of ids) contributorOf.set(id, batch.contributorIndex)
    const items = await itemsOf(batch, inputs, content)
    for (const [i, id] of ids.entries()) {
      const item = 'reason' in items ? items : await fetched(content, items[i]!.digest, maxBytes)
      if ('reason' in item) faults.push(decision(id, batch.contributorIndex, item))
      else files.push({ id, bytes: item })
    }
  }
  return { files, faults, contributorOf }
}

interface Fault {
  reason: ReasonCode
  detail: string
}

async function itemsOf(batch: Batch, inputs: EpochInputs, content: ContentStore) {
  const bytes = await fetched(content, batch.manifestDigest, MAX_DOCUMENT_BYTES)
  if ('reason' in bytes) return bytes.reason === 'TOO_LARGE' ? invalidBatch(bytes.detail) : bytes
  try {
    const manifest = parseDocument(batchManifest, BATCH_FORMAT, bytes)
    const detail = batchFault(manifest, batch, inputs)
    return detail === undefined ? manifest.items : invalidBatch(detail)
  } catch (error) {
    if (!isContentFault(error)) throw error
    return invalidBatch(error.message)
  }
}

async function fetched(
  content: ContentStore,
  digest: Parameters<ContentStore['get']>[0],
  maxBytes: number,
): Promise<Uint8Array | Fault> {
  try {
    return await content.get(digest, maxBytes)
  } catch (error) {
    if (!isContentFault(error)) throw error
    const detail = `${error.code} ${digest}`
    return { reason: isAbsent(error) ? 'UNAVAILABLE' : 'TOO_LARGE', detail }
  }
}

function invalidBatch(detail: string): Fault {
  return { reason: 'INVALID_BATCH', detail }
}

function decision(id: bigint, contributorIndex: number, { reason, detail }: Fault): Decision {
  return { id, contributorIndex, verdict: 'rejected', reason, representative: id, novelty: 0, detail }
}
