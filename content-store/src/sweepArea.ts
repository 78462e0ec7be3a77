import { readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'

/**
 * Removes what was last written to an area of a folder store before a moment, unfinished files included. Nothing outside
 * of the area is touched: what an epoch names lies there.
 * @returns how many files that were, and their bytes
 */
export async function sweepArea(
  folder: string,
  area: string,
  before: Date,
): Promise<{ files: number; bytes: number }> {
  const objects = path.join(folder, area, 'objects')
  const swept = { files: 0, bytes: 0 }
  for (const part of await entriesOf(objects))
    for (const name of await entriesOf(path.join(objects, part))) {
      const file = path.join(objects, part, name)
      const found = await stat(file).catch(absent)
      if (found === undefined || found.mtime >= before) continue
      await rm(file, { force: true })
      swept.files++
      swept.bytes += found.size
    }
  return swept
}

async function entriesOf(folder: string): Promise<string[]> {
  return (await readdir(folder).catch(absent)) ?? []
}

/** Another process may sweep the same folder. */
function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined
  throw error
}
