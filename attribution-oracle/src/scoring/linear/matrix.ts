import type { WasmMemory } from './kernels'

/** A float64 matrix in an arena, row-major, its rows and columns padded with zeros to multiples of four. */
export class Matrix {
  constructor(
    readonly memory: WasmMemory,
    /** bytes from the start of the arena */
    readonly offset: number,
    readonly rows: number,
    readonly columns: number,
    /** numbers from one row to the next */
    readonly stride: number,
  ) {}

  /** A view; the next allocation may detach it. */
  get data(): Float64Array {
    return new Float64Array(this.memory.buffer, this.offset, Math.ceil(this.rows / 4) * 4 * this.stride)
  }

  /** The address of an element. */
  at(row: number, column: number): number {
    return this.offset + (row * this.stride + column) * 8
  }

  fill(source: ArrayLike<number>, start = 0): void {
    const { data, stride, columns } = this
    for (let row = 0; row < this.rows; row++) {
      const from = start + row * columns
      for (let column = 0; column < columns; column++) data[row * stride + column] = source[from + column]!
    }
  }

  /** A dense copy [rows * columns]. */
  toArray(): Float64Array {
    const { data, stride, columns } = this
    if (stride === columns) return data.slice(0, this.rows * columns)
    const dense = new Float64Array(this.rows * columns)
    for (let row = 0; row < this.rows; row++)
      dense.set(data.subarray(row * stride, row * stride + columns), row * columns)
    return dense
  }

  divide(by: number): void {
    const { data } = this
    for (let index = 0; index < data.length; index++) data[index]! /= by
  }

  /** Row i times factors[i]. */
  scaleRows(factors: ArrayLike<number>): void {
    const { data, stride, columns } = this
    for (let row = 0; row < this.rows; row++) {
      const factor = factors[row]!
      for (let column = 0; column < columns; column++) data[row * stride + column]! *= factor
    }
  }

  /** Column j times factors[j]. */
  scaleColumns(factors: ArrayLike<number>): void {
    const { data, stride, columns } = this
    for (let row = 0; row < this.rows; row++)
      for (let column = 0; column < columns; column++) data[row * stride + column]! *= factors[column]!
  }
}
