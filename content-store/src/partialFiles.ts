import { randomBytes } from 'node:crypto'
import type { Dir } from 'node:fs'
import { opendir, rm, stat } from 'node:fs/promises'
import path from 'node:path'

const PARTIAL = /\.[0-9a-f]{12}\.tmp$/
/** Nobody writes one file for so long without a byte: whoever did so was killed. */
const ABANDONED_MS = 3_600_000
/** Folders in folders that are looked into. */
const DEPTH = 4

/** Where a file is written before it gets its name: beside it, under a name that no other writer has. */
export function partialOf(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.tmp`
}

export interface Collecting {
  /** Milliseconds since a file was last written to; one hour by default, so that nothing of a living process goes. */
  olderThanMs?: number
  signal?: AbortSignal
}

/**
 * Removes what killed processes left half written in a folder and below it. A folder that is not there has nothing.
 * @returns how many files were removed
 * Rejects with the failure of the file system.
 */
export async function removeAbandoned(
  folder: string,
  { olderThanMs = ABANDONED_MS, signal }: Collecting = {},
): Promise<number> {
  const before = Date.now() - olderThanMs
  let removed = 0
  const collect = async (at: string, depth: number): Promise<void> => {
    for await (const entry of (await opened(at)) ?? []) {
      if (signal?.aborted) return
      const place = path.join(at, entry.name)
      if (entry.isDirectory() && depth < DEPTH) await collect(place, depth + 1)
      else if (entry.isFile() && PARTIAL.test(entry.name) && (await writtenBefore(place, before))) {
        await rm(place, { force: true })
        removed++
      }
    }
  }
  await collect(folder, 0)
  return removed
}

async function opened(folder: string): Promise<Dir | undefined> {
  return opendir(folder).catch(absent)
}

/** One that its writer has named or removed meanwhile is none of ours. */
async function writtenBefore(file: string, time: number): Promise<boolean> {
  const facts = await stat(file).catch(absent)
  return facts !== undefined && facts.mtimeMs < time
}

function absent(cause: NodeJS.ErrnoException): undefined {
  if (cause.code !== 'ENOENT') throw cause
}
