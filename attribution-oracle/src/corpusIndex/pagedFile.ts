import { closeSync, openSync, readSync } from 'node:fs'
import { endianness } from 'node:os'
import { corrupt, unreadable } from './faults'
import { unpack, type Width } from './packing'
import { PAGE_BYTES, type PageCache } from './pageCache'

/** Whether a page of a file can be used as it is. */
const AS_WRITTEN = endianness() === 'LE'

/**
 * A file of whole numbers that is read page by page, as Node maps no files. Reads are synchronous: a binary search
 * that yielded at each step would cost more than the page, which the system mostly has in memory.
 */
export class PagedFile {
  private readonly descriptor: number
  /** [pages]: where each lies in the cache, or -1 */
  private readonly slots: Int32Array
  /** bytes of an entry in memory */
  private readonly size: 2 | 4
  private readonly values: Uint16Array | Int32Array
  private readonly shift: number
  private readonly mask: number

  /** @throws INDEX_UNREADABLE */
  constructor(
    private readonly file: string,
    private readonly length: number,
    private readonly width: Width,
    private readonly cache: PageCache,
  ) {
    this.size = width === 2 ? 2 : 4
    this.values = width === 2 ? cache.narrow : cache.wide
    const entries = PAGE_BYTES / this.size
    this.shift = Math.log2(entries)
    this.mask = entries - 1
    this.slots = new Int32Array(Math.ceil(length / entries)).fill(-1)
    try {
      this.descriptor = openSync(file, 'r')
    } catch (cause) {
      throw unreadable(file, cause)
    }
  }

  /** @throws INDEX_UNREADABLE, INDEX_CORRUPT where the file has become shorter */
  at(index: number): number {
    const page = index >>> this.shift
    let slot = this.slots[page]!
    if (slot < 0) slot = this.load(page)
    this.cache.used[slot] = 1
    return this.values[(slot << this.shift) | (index & this.mask)]!
  }

  close(): void {
    this.cache.forget(this.slots)
    closeSync(this.descriptor)
  }

  private load(page: number): number {
    const { cache, width, size } = this
    const first = page << this.shift
    const entries = Math.min(this.mask + 1, this.length - first)
    const slot = cache.free()
    const into = cache.bytes.subarray(slot * PAGE_BYTES, slot * PAGE_BYTES + entries * size)
    if (width === size && AS_WRITTEN) this.read(into, first * width)
    else {
      const bytes = new Uint8Array(entries * width)
      this.read(bytes, first * width)
      unpack(bytes, width, this.values, slot << this.shift)
    }
    cache.admit(slot, this.slots, page)
    return slot
  }

  private read(into: Uint8Array, position: number): void {
    for (let had = 0; had < into.length;) {
      const got = this.readOnce(into, had, position + had)
      if (got === 0) throw corrupt(this.file, `${position + had} bytes`, `${this.length * this.width} bytes`)
      had += got
    }
  }

  private readOnce(into: Uint8Array, offset: number, position: number): number {
    try {
      return readSync(this.descriptor, into, offset, into.length - offset, position)
    } catch (cause) {
      throw unreadable(this.file, cause)
    }
  }
}
