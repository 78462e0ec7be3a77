import { closeSync, fstatSync, openSync, read, readSync } from 'node:fs'
import { promisify } from 'node:util'
import { PAGE_BYTES, type PageCache } from '../../corpusIndex'
import { AttributionOracleError } from '../../errors'
import type { ByteSource } from '../../settlement'

/** Longer reads go past the cache: they are made once. */
const MOST_CACHED = 4 * PAGE_BYTES
/** Pages that are read in one go ahead of questions. */
const AHEAD = 512

const readAsync = promisify(read)

/**
 * A file read by pages of 1 KiB into a cache that all files share: Node maps no files. Reads are synchronous, because a
 * proof needs some twenty of them and the system mostly has the pages in memory. The file is held open, so that one that
 * is replaced meanwhile is read to its end as it was.
 */
export class PagedSource implements ByteSource {
  readonly length: number
  /** tells one version of a file from another */
  readonly version: string
  private readonly descriptor: number
  private closed = false
  /** [pages]: where each lies in the cache, or -1 */
  private readonly slots: Int32Array

  /** @throws TREE_UNREADABLE */
  constructor(
    readonly name: string,
    private readonly cache: PageCache,
  ) {
    this.descriptor = attempt(name, () => openSync(name, 'r'))
    const { size, ino, mtimeMs } = attempt(name, () => fstatSync(this.descriptor))
    this.length = size
    this.version = `${ino}-${mtimeMs}-${size}`
    this.slots = new Int32Array(Math.ceil(size / PAGE_BYTES)).fill(-1)
  }

  read(at: number, into: Uint8Array): void {
    if (into.length > MOST_CACHED) {
      this.fill(into, at)
      return
    }
    const { bytes, used } = this.cache
    for (let had = 0; had < into.length;) {
      const page = Math.floor((at + had) / PAGE_BYTES)
      const offset = at + had - page * PAGE_BYTES
      const count = Math.min(PAGE_BYTES - offset, into.length - had)
      let slot = this.slots[page]!
      if (slot < 0) slot = this.load(page)
      if (used[slot] === 0) used[slot] = 1
      const from = slot * PAGE_BYTES + offset
      for (let i = 0; i < count; i++) into[had + i] = bytes[from + i]!
      had += count
    }
  }

  /**
   * Reads the pages that are not in the cache yet, ahead of questions, where the cache has room for the whole file. What
   * cannot be read now is left to the question that needs it.
   */
  async warm(): Promise<void> {
    if (this.slots.length > this.cache.used.length) return
    const piece = Buffer.allocUnsafe(AHEAD * PAGE_BYTES)
    for (let page = 0; page < this.slots.length && !this.closed; page += AHEAD) {
      const at = page * PAGE_BYTES
      const read = await readAsync(this.descriptor, piece, 0, piece.length, at).catch(() => undefined)
      // a descriptor that was closed meanwhile may be another file's
      if (this.closed || !read) return
      for (let had = 0; had < read.bytesRead; had += PAGE_BYTES) {
        const end = Math.min(had + PAGE_BYTES, this.length - at)
        if (end <= read.bytesRead) this.put(page + had / PAGE_BYTES, piece.subarray(had, end))
      }
    }
  }

  close(): void {
    this.closed = true
    this.cache.forget(this.slots)
    closeSync(this.descriptor)
  }

  private put(page: number, bytes: Uint8Array): void {
    if (this.slots[page]! >= 0) return
    const slot = this.cache.free()
    this.cache.bytes.set(bytes, slot * PAGE_BYTES)
    this.cache.admit(slot, this.slots, page)
  }

  private load(page: number): number {
    const { cache } = this
    const at = page * PAGE_BYTES
    const slot = cache.free()
    const from = slot * PAGE_BYTES
    this.fill(cache.bytes.subarray(from, from + Math.min(PAGE_BYTES, this.length - at)), at)
    cache.admit(slot, this.slots, page)
    return slot
  }

  private fill(into: Uint8Array, at: number): void {
    for (let had = 0; had < into.length;) {
      const got = attempt(this.name, () => readSync(this.descriptor, into, had, into.length - had, at + had))
      if (got === 0) throw unreadable(this.name, `it ends at ${at + had} of ${this.length} bytes`)
      had += got
    }
  }
}

function attempt<T>(file: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw unreadable(file, (cause as NodeJS.ErrnoException).code ?? String(cause))
  }
}

function unreadable(file: string, reason: string): AttributionOracleError {
  return new AttributionOracleError(
    'TREE_UNREADABLE',
    { what: `The tree file ${file} cannot be read`, got: reason, fix: 'Check the disk and try again' },
    { file, reason },
  )
}
