import { AttributionOracleError } from '../../errors'
import { type Kernels, openKernels, PAGE, type WasmMemory } from './kernels'
import { Matrix } from './matrix'

const LINE = 64
const LIMIT = 65536 * PAGE

/**
 * An arena of float64 matrices in one WebAssembly memory and the kernels that work in it. The arena is a stack: `scope`
 * frees all that was made inside. Not for several callers at once; everything in it is synchronous.
 */
export class Linear {
  #top = LINE

  static async open(): Promise<Linear> {
    const { kernels, memory } = await openKernels()
    return new Linear(kernels, memory)
  }

  private constructor(
    readonly kernels: Kernels,
    readonly memory: WasmMemory,
  ) {}

  /** Runs `work` and frees what it made; results must leave as copies. */
  scope<T>(work: () => T): T {
    const top = this.#top
    try {
      return work()
    } finally {
      this.#top = top
    }
  }

  /** A matrix of zeros. */
  zeros(rows: number, columns: number): Matrix {
    const stride = padded(columns)
    const offset = this.allocate(padded(rows) * stride * 8)
    new Float64Array(this.memory.buffer, offset, padded(rows) * stride).fill(0)
    return new Matrix(this.memory, offset, rows, columns, stride)
  }

  /** A copy of `rows` x `columns` numbers, row-major, from `start`. */
  matrix(data: ArrayLike<number>, rows: number, columns: number, start = 0): Matrix {
    const copy = this.zeros(rows, columns)
    copy.fill(data, start)
    return copy
  }

  /** Bytes of the arena, aligned to a cache line, not cleared. */
  allocate(bytes: number): number {
    const offset = this.#top
    const end = offset + Math.ceil(bytes / LINE) * LINE
    if (end > LIMIT) throw tooLarge(end)
    const missing = end - this.memory.buffer.byteLength
    if (missing > 0) this.#grow(Math.ceil(missing / PAGE))
    this.#top = end
    return offset
  }

  #grow(pages: number): void {
    try {
      this.memory.grow(pages)
    } catch {
      throw tooLarge(this.memory.buffer.byteLength + pages * PAGE)
    }
  }
}

/** Rows and columns fill whole tiles, so that no kernel knows of edges; what pads them stays zero. */
export function padded(count: number): number {
  return Math.ceil(count / 4) * 4
}

function tooLarge(bytes: number): AttributionOracleError {
  return new AttributionOracleError(
    'INVALID_ARGUMENT',
    {
      what: 'the matrices of one checkpoint do not fit into memory',
      got: `${bytes} bytes`,
      expected: `what the machine grants, at most ${LIMIT} bytes`,
      fix: 'use logra, whose cost grows linearly in the samples, or fewer samples at once',
    },
    { argument: 'samples', got: String(bytes), expected: String(LIMIT) },
  )
}
