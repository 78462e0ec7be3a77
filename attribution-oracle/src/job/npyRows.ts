import { open, type FileHandle } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { decodeNpy, type NpyArray } from '@open-datanets/onnx-engine'
import type { Digest } from '../domain'
import { invalidJob } from './faults'

const HEADER = 1 << 16

/** The rows along all axes but the last of an NPY file, read one at a time: the file may be larger than memory. */
export class NpyRows {
  private constructor(
    private readonly handle: FileHandle,
    private readonly header: Buffer,
    /** where the shape stands in the header */
    private readonly shapeAt: readonly [number, number],
    private readonly rowBytes: number,
    readonly shape: readonly number[],
  ) {}

  /** @throws INVALID_JOB for a missing file, anything but NPY, or columns-first (Fortran) order */
  static async open(name: string, path: string): Promise<NpyRows> {
    const fail = (got: string, expected: string): Error => invalidJob([{ name, got, expected }])
    const handle = await open(path).catch((error: NodeJS.ErrnoException) => {
      throw fail(`${path}, which cannot be read (${error.code ?? error.message})`, 'an NPY file')
    })
    try {
      const head = Buffer.alloc(HEADER)
      const { bytesRead } = await handle.read(head, 0, HEADER, 0)
      const { size } = await handle.stat()
      if (bytesRead < 12 || head.toString('latin1', 0, 6) !== '\x93NUMPY')
        throw fail(`${path}, which is no NPY file`, 'an array that np.save wrote')
      const [begin, length] = head[6] === 1 ? [10, head.readUInt16LE(8)] : [12, head.readUInt32LE(8)]
      const header = head.subarray(0, begin + length)
      const text = header.toString('latin1')
      const found = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)
      if (begin + length > bytesRead || !found) throw fail(`${path} with a damaged header`, 'an NPY file')
      const shape = found[1]!
        .split(',')
        .filter(part => part.trim() !== '')
        .map(Number)
      if (/'fortran_order'\s*:\s*True/.test(text) && shape.length > 1)
        throw fail('columns-first (Fortran) order', 'rows first: np.save(f, np.ascontiguousarray(a))')
      const rows = shape.slice(0, -1).reduce((product, part) => product * part, 1)
      if (rows === 0) throw fail(`no rows: shape [${shape.join(', ')}]`, 'one row or more')
      const rowBytes = (size - header.length) / rows
      if (shape.length === 0 || !Number.isInteger(rowBytes))
        throw fail(`${size} bytes for shape [${shape.join(', ')}]`, 'a whole array of rows')
      const from = found.index + found[0].indexOf('(')
      return new NpyRows(handle, header, [from, found.index + found[0].length], rowBytes, shape)
    } catch (error) {
      await handle.close()
      throw error
    }
  }

  get count(): number {
    return this.shape.slice(0, -1).reduce((product, size) => product * size, 1)
  }

  get width(): number {
    return this.shape.at(-1)!
  }

  /** Row `index`, and the SHA-256 of its bytes as they are in the file. */
  async read(index: number): Promise<{ row: NpyArray; digest: Digest }> {
    const { header, rowBytes } = this
    const [from, to] = this.shapeAt
    const whole = Buffer.alloc(header.length + rowBytes)
    header.copy(whole)
    // The header of an array with this one row: the same length, so that everything else stays where it is.
    whole.write(`(${this.width},)`.padEnd(to - from), from, 'latin1')
    const { bytesRead } = await this.handle.read(
      whole,
      header.length,
      rowBytes,
      header.length + index * rowBytes,
    )
    const bytes = whole.subarray(header.length, header.length + bytesRead)
    const digest: Digest = `0x${createHash('sha256').update(bytes).digest('hex')}`
    return { row: decodeNpy(whole.subarray(0, header.length + bytesRead)), digest }
  }

  close(): Promise<void> {
    return this.handle.close()
  }
}
