import { mkdir, stat } from 'node:fs/promises'
import path from 'node:path'

/**
 * Makes a folder and those above it, one after another. Node's own `mkdir` with `recursive` never ends where a file
 * system says ENOENT to what its existing folder cannot hold, as /proc does.
 * @param mode of the folders that are made
 * Rejects with the failure of the file system: EEXIST or ENOTDIR where a file is in the way.
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<void> {
  const target = path.resolve(folder)
  if (await isFolder(target)) return
  const above = path.dirname(target)
  if (above !== target) await makeFolder(above, mode)
  await mkdir(target, mode).catch(async (cause: NodeJS.ErrnoException) => {
    // somebody else may have made it meanwhile
    if (cause.code !== 'EEXIST' || !(await isFolder(target))) throw cause
  })
}

async function isFolder(target: string): Promise<boolean> {
  return stat(target).then(
    facts => facts.isDirectory(),
    (cause: NodeJS.ErrnoException) => (cause.code === 'ENOENT' ? false : Promise.reject(cause)),
  )
}
