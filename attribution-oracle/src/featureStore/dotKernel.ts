import { DOT_MODULE } from './dotModule'
import { strideOf } from './quantise'

// TypeScript knows WebAssembly only from the browser's library; this is what is used of it.
interface WasmMemory {
  readonly buffer: ArrayBuffer
}
declare const WebAssembly: {
  Memory: new (o: { initial: number }) => WasmMemory
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: Readonly<Record<string, unknown>> }
}
type Dots = (codes: number, rows: number, stride: number, query: number, out: number) => void

const LARGEST_QUERY = 32767
const PAGE = 65536

/**
 * Inner products of many int8 rows with float vectors. The vector is rounded to int16 by one scale (relative error of
 * an entry ≤ 2^-16 of its largest), the sums are exact integers, so the results are the same on every machine.
 */
export class DotKernel {
  /** Where the caller puts the codes of up to `rows` rows, `stride` codes each. */
  readonly codes: Int8Array
  readonly stride: number
  private readonly query: Int16Array
  private readonly sums: Float64Array
  private readonly dots: Dots
  private scale = 0

  constructor(
    readonly dims: number,
    readonly rows: number,
  ) {
    this.stride = strideOf(dims)
    const [queryBytes, sumBytes] = [2 * this.stride, 8 * rows]
    const bytes = queryBytes + sumBytes + rows * this.stride
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE) })
    this.query = new Int16Array(memory.buffer, 0, this.stride)
    this.sums = new Float64Array(memory.buffer, queryBytes, rows)
    this.codes = new Int8Array(memory.buffer, queryBytes + sumBytes, rows * this.stride)
    const instance = new WebAssembly.Instance(new WebAssembly.Module(DOT_MODULE), { host: { memory } })
    this.dots = instance.exports['dots'] as Dots
  }

  /** The vector that `multiply` takes from now on, of `dims` finite numbers. */
  take(vector: ArrayLike<number>): void {
    let most = 0
    for (let j = 0; j < this.dims; j++) most = Math.max(most, Math.abs(vector[j]!))
    this.scale = most / LARGEST_QUERY
    for (let j = 0; j < this.dims; j++) this.query[j] = most === 0 ? 0 : Math.round(vector[j]! / this.scale)
  }

  /** to[i·step] = scales[i]·⟨row i, vector⟩ for the first `rows` rows of `codes`. */
  multiply(rows: number, scales: Float32Array, to: Float64Array, step = 1): void {
    if (rows === 0) return
    this.dots(this.codes.byteOffset, rows, this.stride, this.query.byteOffset, this.sums.byteOffset)
    for (let i = 0; i < rows; i++) to[i * step] = this.sums[i]! * scales[i]! * this.scale
  }
}
