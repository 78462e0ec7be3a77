import { randomBytes } from 'node:crypto'
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ContentStore } from './contentStore'
import { isDigest, sha256, type Digest } from './digest'
import { ContentStoreError } from './errors'

/**
 * A content store in a folder: `objects/<first 2 hex>/<64 hex>`, raw bytes. An object appears under its name only when
 * it is complete (written beside, then renamed), and is checked against its name whenever it is read.
 */
export function openContentStore(folder: string): ContentStore {
  const locate = (digest: Digest): string => {
    if (!isDigest(digest)) throw new ContentStoreError('NOT_A_DIGEST', { got: String(digest) })
    return path.join(folder, 'objects', digest.slice(2, 4), digest.slice(2))
  }
  const has = (digest: Digest): Promise<boolean> =>
    access(locate(digest)).then(
      () => true,
      () => false,
    )
  return {
    has,
    async put(bytes) {
      const digest = sha256(bytes)
      if (!(await has(digest))) await writeWhole(locate(digest), bytes)
      return digest
    },
    async get(digest) {
      const file = locate(digest)
      const bytes = await readFile(file).catch(cause => {
        throw new ContentStoreError('CONTENT_MISSING', { digest, path: file }, { cause })
      })
      const got = sha256(bytes)
      if (got !== digest)
        throw new ContentStoreError('CONTENT_CORRUPT', { path: file, got, expected: digest })
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    },
  }
}

async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  const partial = `${file}.${randomBytes(6).toString('hex')}.tmp`
  await mkdir(path.dirname(file), { recursive: true })
  try {
    await writeFile(partial, bytes, { flush: true })
    await rename(partial, file)
  } finally {
    await rm(partial, { force: true })
  }
}
