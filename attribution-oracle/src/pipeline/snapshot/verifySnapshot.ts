import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import type { Digest, Progress } from '../../domain'
import { AttributionOracleError } from '../../errors'
import { invalid, readManifest, type ReadManifest, type SnapshotPart } from './manifest'

export interface VerifyingSnapshot {
  /** what the snapshot has to be, where that is known from elsewhere */
  expected?: Digest
  onProgress?: (progress: Progress) => void
  signal?: AbortSignal
}

/**
 * Holds every part of a snapshot against its manifest.
 * @throws SNAPSHOT_INVALID with the first file that is missing, cut off, too long or changed; ABORTED
 */
export async function verifySnapshot(
  folder: string,
  { expected, onProgress, signal }: VerifyingSnapshot = {},
): Promise<ReadManifest> {
  const read = await readManifest(folder)
  if (expected && read.digest !== expected)
    throw invalid(join(folder, 'manifest.json'), `snapshot ${read.digest}`, `snapshot ${expected}`)
  const total = read.manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0)
  let done = 0
  for (const part of read.manifest.parts) {
    const stopped = (): boolean => signal?.aborted === true
    await verifyPart(folder, part, length => {
      if (stopped()) throw aborted()
      done += length
      onProgress?.({ stage: 'verify snapshot', done, total })
    })
  }
  return read
}

async function verifyPart(folder: string, part: SnapshotPart, seen: (bytes: number) => void): Promise<void> {
  const path = join(folder, part.path)
  const hash = createHash('sha256')
  let size = 0
  const expected = `${part.bytes} bytes with digest ${part.sha256}`
  try {
    for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > part.bytes) throw invalid(path, `more than ${part.bytes} bytes`, expected)
      hash.update(chunk)
      seen(chunk.length)
    }
  } catch (error) {
    if (error instanceof AttributionOracleError) throw error
    throw invalid(path, (error as NodeJS.ErrnoException).code ?? String(error), expected)
  }
  const got = `0x${hash.digest('hex')}`
  if (got !== part.sha256) throw invalid(path, `${size} bytes with digest ${got}`, expected)
}

function aborted(): AttributionOracleError {
  return new AttributionOracleError(
    'ABORTED',
    { what: 'Stopped before the snapshot was verified' },
    { step: 'verify snapshot' },
  )
}
