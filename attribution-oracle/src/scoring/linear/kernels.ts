import wabt from 'wabt'
import { CODE_KERNELS } from './codeKernels'
import { FEATURE_KERNELS } from './featureKernels'
import { FLOAT_KERNELS } from './floatKernels'

/** The part of the WebAssembly API that is used; Node's types leave it to the DOM. */
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object
  Instance: new (module: object, imports: object) => { readonly exports: unknown }
  Memory: new (pages: { initial: number; maximum: number }) => WasmMemory
}

export interface WasmMemory {
  readonly buffer: ArrayBuffer
  grow(pages: number): number
}

/** Addresses and strides in bytes; what each does stands beside its text. */
export interface Kernels {
  multiply(
    packedA: number,
    packedB: number,
    target: number,
    rowPanels: number,
    columnPanels: number,
    terms: number,
    stride: number,
    reach: number,
  ): void
  pack(
    source: number,
    packed: number,
    panels: number,
    terms: number,
    rowStride: number,
    termStride: number,
    sign: number,
  ): void
  solveBlock(
    triangle: number,
    rowStride: number,
    termStride: number,
    y: number,
    stride: number,
    size: number,
    quads: number,
  ): void
  solveRows(
    triangle: number,
    triangleStride: number,
    x: number,
    stride: number,
    rows: number,
    size: number,
  ): void
  addKernel(
    rowInputs: number,
    rowGradients: number,
    rowScales: number,
    columnInputs: number,
    columnGradients: number,
    columnScales: number,
    rowPanels: number,
    columnPanels: number,
    inputPairs: number,
    gradientPairs: number,
    target: number,
    stride: number,
    reach: number,
  ): void
  addDots(
    codes: number,
    rowStride: number,
    rows: number,
    direction: number,
    blocks: number,
    scale: number,
    scaleStride: number,
    out: number,
    outStride: number,
  ): void
}

export const PAGE = 65536
const MOST_PAGES = 65536

// Compiled code has no state: the text is assembled once a process, and each arena gets an instance of its own. A
// promise, because wabt itself is loaded asynchronously.
let compiled: Promise<object> | undefined

async function compile(): Promise<object> {
  const assembler = await wabt()
  const text = `(module (import "arena" "memory" (memory 1 ${MOST_PAGES})) ${FLOAT_KERNELS} ${CODE_KERNELS} ${FEATURE_KERNELS})`
  const parsed = assembler.parseWat('kernels.wat', text, { simd: true })
  const { buffer } = parsed.toBinary({})
  parsed.destroy()
  return new WebAssembly.Module(buffer)
}

/** The kernels over a memory of their own. */
export async function openKernels(): Promise<{ kernels: Kernels; memory: WasmMemory }> {
  compiled ??= compile()
  const memory = new WebAssembly.Memory({ initial: 16, maximum: MOST_PAGES })
  const instance = new WebAssembly.Instance(await compiled, { arena: { memory } })
  return { kernels: instance.exports as Kernels, memory }
}
