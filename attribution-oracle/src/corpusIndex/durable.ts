import { open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { at } from './faults'

/** Writes parts one after another to a new file and to the disk. */
export async function writeParts(file: string, parts: Iterable<Uint8Array>): Promise<void> {
  await at(file, async () => {
    const handle = await open(file, 'w')
    try {
      for (const part of parts) await handle.writeFile(part)
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}

/** A name in a folder outlives a crash only when the folder is on the disk, too. */
export async function syncFolder(folder: string): Promise<void> {
  await at(folder, async () => {
    const handle = await open(folder, 'r')
    try {
      await handle.sync()
    } finally {
      await handle.close()
    }
  })
}

/** A file or folder gets its name when all of it is on the disk: a crash leaves the old one, or the new one whole. */
export async function giveName(from: string, to: string): Promise<void> {
  await at(to, () => rename(from, to))
  await syncFolder(path.dirname(to))
}

export async function remove(target: string): Promise<void> {
  await at(target, () => rm(target, { recursive: true, force: true }))
}
