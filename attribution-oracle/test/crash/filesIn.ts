import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { sha256 } from '../../src/domain'

/**
 * Digests by path. What a killed process left half written lies beside under a name of its own, and is no one's content.
 */
export async function filesIn(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile() && !entry.name.endsWith('.tmp'))
  const digests = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name)
    return [relative(folder, path), sha256(await readFile(path))] as const
  })
  return Object.fromEntries((await Promise.all(digests)).sort(([a], [b]) => (a < b ? -1 : 1)))
}
