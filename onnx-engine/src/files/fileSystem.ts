import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { OnnxEngineError } from '../errors'

const failed = (path: string, operation: 'read' | 'write', cause: unknown): OnnxEngineError =>
  new OnnxEngineError(
    'FILE_FAILED',
    { path, operation, reason: cause instanceof Error ? cause.message : String(cause) },
    { cause },
  )

/** The bytes of a file. Rejects with FILE_FAILED. */
export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path)
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  } catch (cause) {
    throw failed(path, 'read', cause)
  }
}

export interface NewFile {
  readonly path: string
  readonly pieces: Iterable<Uint8Array>
}

/**
 * Writes every file beside its place and renames them when all are complete, in the order given, so that a reader sees
 * an old file or a new one and never a part. Rejects with FILE_FAILED.
 */
export async function replaceFiles(files: readonly NewFile[]): Promise<void> {
  const written: { temporary: string; path: string }[] = []
  let current = ''
  try {
    for (const { path, pieces } of files) {
      current = path
      const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
      written.push({ temporary, path })
      await writeFile(temporary, pieces, { flag: 'wx', flush: true })
    }
    for (const { temporary, path } of written) await rename(temporary, (current = path))
  } catch (cause) {
    await Promise.all(written.map(({ temporary }) => rm(temporary, { force: true })))
    throw failed(current, 'write', cause)
  }
}
