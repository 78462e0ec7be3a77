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
import { standingOf, type Absence, type Run } from './standing'

type Decision = Row<'screening'>

export interface Contributions {
  /** by their ranks */
  files: ScreenInput[]
  ranks: Ranks
  /** contributions that never reach screening, with the reason */
  faults: Decision[]
}

/**
 * Files go through screening and scoring under their rank in the order of the chain, and come back under their ids. An id
 * holds the index of its contributor: it is not in the order of the chain, and whoever went by it, be it for a tie or for
 * the order of a sum, would look at accounts.
 */
export class Ranks {
  private readonly files: { id: bigint; contributorIndex: number }[] = []
  private readonly byId = new Map<bigint, bigint>()

  /** Files have to be added in the order of the chain. @returns the rank */
  add(id: bigint, contributorIndex: number): bigint {
    const rank = BigInt(this.files.length)
    this.files.push({ id, contributorIndex })
    this.byId.set(id, rank)
    return rank
  }

  /** undefined for a contribution that is not among the files */
  rankOf(id: bigint): bigint | undefined {
    return this.byId.get(id)
  }

  idOf(rank: bigint): bigint {
    return this.files[Number(rank)]!.id
  }

  contributorOf(rank: bigint): number {
    return this.files[Number(rank)]!.contributorIndex
  }
}

/**
 * Fetches what was committed to a datanet and takes part. What was taken back, is not accepted by a curator, is missing
 * or is not what the chain says is no failure of the epoch: it is recorded with its reason and earns nothing.
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
  const ranks = new Ranks()
  const standing = standingOf(inputs)
  for (const batch of inputs.batches.filter(each => each.datanetId === datanetId)) {
    const { contributorIndex } = batch
    const runs = standing(batch)
    const refused = (run: Run, fault: Fault): unknown => faults.push(decision(run, contributorIndex, fault))
    for (const run of runs) if (run.absence) refused(run, absent(run.absence))
    const present = runs.filter(({ absence }) => absence === undefined)
    if (present.length === 0) continue
    const items = await itemsOf(batch, inputs, content)
    for (const run of present) {
      if ('reason' in items) {
        refused(run, items)
        continue
      }
      for (let i = 0; i < run.count; i++) {
        const id = run.first + BigInt(i)
        const { digest } = items[Number(id - batch.firstContributionId)]!
        const bytes = await fetched(content, digest, maxBytes)
        if ('reason' in bytes) {
          refused({ ...run, first: id, count: 1 }, bytes)
          continue
        }
        files.push({ id: ranks.add(id, contributorIndex), bytes })
      }
    }
  }
  return { files, ranks, faults }
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

const WORDS: Record<Absence, string> = {
  WITHDRAWN: 'taken back by its contributor',
  SUPERSEDED: 'replaced by a later contribution',
  UNDECIDED: 'its batch waits for the owner of the Datanet',
  REFUSED: 'its batch was refused by the owner of the Datanet',
}

function absent(reason: Absence): Fault {
  return { reason, detail: WORDS[reason] }
}

function invalidBatch(detail: string): Fault {
  return { reason: 'INVALID_BATCH', detail }
}

function decision({ first: id, count }: Run, contributorIndex: number, { reason, detail }: Fault): Decision {
  return { id, count, contributorIndex, verdict: 'rejected', reason, representative: id, novelty: 0, detail }
}
