import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { objectPath, type Layer } from './contentStore'
import { checkedDigest, sha256, type Digest } from './digest'
import { ContentStoreError } from './errors'
import { makeFolder } from './makeFolder'
import { partialOf } from './partialFiles'

/**
 * A content store in a folder: `objects/<first 2 hex>/<64 hex>`, raw bytes. An object appears under its name only when
 * it is complete (written beside, then renamed), and is checked against its name whenever it is read.
 */
export function openFolder(folder: string): Layer {
  const locate = (digest: Digest): string => path.join(folder, objectPath(checkedDigest(digest)))
  return {
    name: folder,
    keeps: true,
    has: async digest => (await sizeOf(locate(digest))) !== undefined,
    write: (digest, bytes) => writeWhole(locate(digest), bytes),
    async get(digest, maxBytes = Infinity) {
      const file = locate(digest)
      const size = await sizeOf(file)
      if (size === undefined) throw new ContentStoreError('CONTENT_MISSING', { digest, path: file })
      if (size > maxBytes) {
        // only what really has this digest is too large; anything else is a damaged file
        expectDigest(file, await digestOfFile(file), digest)
        throw new ContentStoreError('CONTENT_TOO_LARGE', { digest, size, maxBytes })
      }
      const bytes = await readFile(file).catch(unreadable(file))
      expectDigest(file, sha256(bytes), digest)
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    },
  }
}

/** Undefined for a file that is not there, which is the one failure that says so. */
async function sizeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ size }) => size,
    (cause: NodeJS.ErrnoException) => (cause.code === 'ENOENT' ? undefined : unreadable(file)(cause)),
  )
}

async function digestOfFile(file: string): Promise<Digest> {
  const hash = createHash('sha256')
  try {
    for await (const part of createReadStream(file)) hash.update(part as Buffer)
  } catch (cause) {
    return unreadable(file)(cause as NodeJS.ErrnoException)
  }
  return `0x${hash.digest('hex')}`
}

function expectDigest(file: string, got: Digest, expected: Digest): void {
  if (got !== expected) throw new ContentStoreError('CONTENT_CORRUPT', { path: file, got, expected })
}

function unreadable(file: string): (cause: NodeJS.ErrnoException) => never {
  return cause => {
    const reason = cause.code ?? cause.message
    throw new ContentStoreError('CONTENT_UNREADABLE', { path: file, reason }, { cause })
  }
}

async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const partial = partialOf(file)
  await makeFolder(path.dirname(file)).catch(unreadable(file))
  try {
    await writeFile(partial, bytes, { flush: true })
    await rename(partial, file)
  } catch (cause) {
    unreadable(file)(cause as NodeJS.ErrnoException)
  } finally {
    await rm(partial, { force: true })
  }
}
