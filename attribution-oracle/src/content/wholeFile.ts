import { makeFolder, partialOf } from '@open-datanets/content-store'
import { rename, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { diskFault } from '../errors'

/** Writes beside and renames, so that no reader ever sees half a file. @throws DISK_FAILED */
export async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const partial = partialOf(path)
  try {
    await makeFolder(dirname(path))
    await writeFile(partial, bytes, { flush: true })
    await rename(partial, path)
  } catch (error) {
    throw diskFault(path, error)
  } finally {
    await rm(partial, { force: true }).catch(() => undefined)
  }
}
