import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { sha256, type Digest } from '../../domain'
import { AttributionOracleError } from '../../errors'

export const SNAPSHOT_FORMAT = 'open-datanets/snapshot'

/** Rows of a table as gzipped JSON lines, or the blocks of an epoch. */
const PART = /^(store\/[a-z][a-z_]*\.ndjson\.gz|epochs\/epoch-[0-9]+\.car)$/

const part = z.object({
  path: z.string().regex(PART),
  bytes: z.number().int().nonnegative(),
  sha256: z.string().regex(/^0x[0-9a-f]{64}$/),
  /** of a table */
  rows: z.number().int().nonnegative().optional(),
})
export type SnapshotPart = z.infer<typeof part>

/** manifest.json of a snapshot: what it is of, and the digest of every other file. */
export const snapshotManifest = z.object({
  format: z.literal(SNAPSHOT_FORMAT),
  version: z.literal(1),
  chainId: z.number().int().positive(),
  vault: z.string(),
  registry: z.string(),
  payments: z.string(),
  /** of the tables; a store with other ones cannot take them */
  migrations: z.array(z.string()),
  /** the last final epoch; 0 before the first */
  lastEpoch: z.number().int().nonnegative(),
  parts: z.array(part),
})
export type SnapshotManifest = z.infer<typeof snapshotManifest>

/** A manifest with the digest that names the whole snapshot. */
export interface ReadManifest {
  manifest: SnapshotManifest
  digest: Digest
}

/** @throws INVALID_ARGUMENT when there is no snapshot at `folder`, SNAPSHOT_INVALID */
export async function readManifest(folder: string): Promise<ReadManifest> {
  const path = join(folder, 'manifest.json')
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw absent(folder, cause)
  })
  const parsed = snapshotManifest.safeParse(valueOf(path, bytes))
  if (parsed.success) return { manifest: parsed.data, digest: sha256(bytes) }
  const { path: at, message } = parsed.error.issues[0]!
  throw invalid(path, `${at.join('.')}: ${message}`, `${SNAPSHOT_FORMAT}, version 1`)
}

/** Nothing is damaged where nothing is: the path is wrong. */
function absent(folder: string, cause: NodeJS.ErrnoException): AttributionOracleError {
  const got = `${folder} (manifest.json: ${cause.code ?? cause.message})`
  const expected = 'a folder that "snapshot create" wrote'
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    { what: 'There is no snapshot to read', got, expected, fix: 'check the path and its rights' },
    { argument: 'folder', got, expected },
    { cause },
  )
}

export function tableOf({ path }: SnapshotPart): string | undefined {
  return /^store\/(.*)\.ndjson\.gz$/.exec(path)?.[1]
}

export function epochOf({ path }: SnapshotPart): number | undefined {
  const epoch = /^epochs\/epoch-(.*)\.car$/.exec(path)?.[1]
  return epoch === undefined ? undefined : Number(epoch)
}

export function invalid(path: string, got: string, expected: string): AttributionOracleError {
  return new AttributionOracleError(
    'SNAPSHOT_INVALID',
    {
      what: `The snapshot cannot be used: ${path}`,
      got,
      expected,
      fix: 'take another snapshot, or rebuild from the chain',
    },
    { path, got, expected },
  )
}

function valueOf(path: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf8', { fatal: true }).decode(bytes))
  } catch {
    throw invalid(path, 'no JSON', 'the manifest of a snapshot')
  }
}
