import { randomBytes } from 'node:crypto'
import { link, open, rm } from 'node:fs/promises'

const OWNER_ONLY = 0o600

/**
 * Writes a file that only its owner can read. It gets its name when all of it is on the disk, and never that of another
 * file: whoever is killed on the way leaves the name free.
 * @throws the file system's error, EEXIST where something is there already
 */
export async function writeNewFile(path: string, text: string): Promise<void> {
  const partial = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    const file = await open(partial, 'wx', OWNER_ONLY)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await link(partial, path)
  } finally {
    await rm(partial, { force: true })
  }
}
