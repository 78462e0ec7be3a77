import { open, rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'

export const PARTIAL = '.partial'

/**
 * Writes beside, flushes, renames and flushes the folder: after a crash there is the old file or the new one, and what
 * was renamed stays renamed.
 */
export async function writeDurably(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const partial = `${path}${PARTIAL}`
  try {
    await writeFile(partial, pieces, { flush: true })
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  await flushFolder(dirname(path))
}

async function flushFolder(folder: string): Promise<void> {
  // Windows opens no folders; there the rename itself is journalled.
  const handle = await open(folder).catch(() => undefined)
  if (!handle) return
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
