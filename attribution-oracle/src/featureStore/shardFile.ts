import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '../domain'
import type { AttributionOracleError } from '../errors'
import { corrupt, decodeHeader, HEADER_BYTES, KEY_BYTES, sectionsOf, type ShardShape } from './shard'

const HASHED_AT_ONCE = 1 << 20

export const shardPath = (folder: string, digest: Digest): string =>
  join(folder, `${digest.slice(2)}.features`)

/**
 * A shard that is read by ranges. Node maps no files into memory; the operating system's page cache holds what was
 * read, so that a second pass costs a copy and no disk.
 */
export class ShardFile {
  private isVerified = false

  private constructor(
    private readonly path: string,
    private readonly digest: Digest,
    private readonly handle: FileHandle,
    readonly shape: ShardShape,
  ) {}

  /** @throws STORE_CORRUPT when the file is missing or is no whole shard */
  static async open(folder: string, digest: Digest): Promise<ShardFile> {
    const path = shardPath(folder, digest)
    const handle = await open(path).catch(() => {
      throw corrupt(path, 'no readable file', 'the shard that the manifest names')
    })
    try {
      const head = Buffer.alloc(HEADER_BYTES)
      const { bytesRead } = await handle.read(head, 0, HEADER_BYTES, 0)
      const { size } = await handle.stat()
      return new ShardFile(path, digest, handle, decodeHeader(path, head.subarray(0, bytesRead), size))
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  /** Compares the whole file with its digest, once for as long as it is open. @throws STORE_CORRUPT */
  async verify(): Promise<void> {
    if (this.isVerified) return
    const hash = createHash('sha256')
    const buffer = Buffer.alloc(HASHED_AT_ONCE)
    for (let at = 0; ;) {
      const { bytesRead } = await this.handle.read(buffer, 0, buffer.length, at)
      if (bytesRead === 0) break
      hash.update(buffer.subarray(0, bytesRead))
      at += bytesRead
    }
    const got = `0x${hash.digest('hex')}`
    if (got !== this.digest) throw corrupt(this.path, `SHA-256 ${got}`, `SHA-256 ${this.digest}`)
    this.isVerified = true
  }

  /** Keys of all rows, eight words each. */
  async keys(): Promise<Uint32Array> {
    const bytes = new Uint8Array(KEY_BYTES * this.shape.rows)
    await this.read(bytes, sectionsOf(this.shape).keys)
    return new Uint32Array(bytes.buffer)
  }

  async scales(): Promise<Float32Array> {
    const bytes = new Uint8Array(4 * this.shape.rows)
    await this.read(bytes, sectionsOf(this.shape).scales)
    return new Float32Array(bytes.buffer)
  }

  /**
   * Fills `into` with the codes of `count` rows from row `first` on. In the caller's thread: what it reads is in the page
   * cache as a rule, and handing pages from thread to thread costs more than the copies.
   */
  codes(into: Int8Array, first: number, count: number): void {
    const { stride } = this.shape
    const bytes = new Uint8Array(into.buffer, into.byteOffset, count * stride)
    const from = sectionsOf(this.shape).codes + first * stride
    for (let done = 0; done < bytes.length;) {
      const bytesRead = readSync(this.handle.fd, bytes, done, bytes.length - done, from + done)
      if (bytesRead === 0) throw this.endsEarly(from + done, bytes.length)
      done += bytesRead
    }
  }

  async close(): Promise<void> {
    await this.handle.close()
  }

  private async read(into: Uint8Array, from: number): Promise<void> {
    for (let done = 0; done < into.length;) {
      const { bytesRead } = await this.handle.read(into, done, into.length - done, from + done)
      if (bytesRead === 0) throw this.endsEarly(from + done, into.length)
      done += bytesRead
    }
  }

  private endsEarly(at: number, length: number): AttributionOracleError {
    return corrupt(this.path, `an end at byte ${at}`, `${length} bytes more`)
  }
}
