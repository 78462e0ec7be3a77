import { type Linear, padded } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { addProduct, rowsOf, whole } from '../linear/multiply'
import { sampleGradients } from '../linear/sampleGradients'
import { type LayerCodes, TOP } from './codes'

/** Columns whose packed codes are at hand while rows pass by. */
const COLUMNS = 1024
/** Numbers of a chunk of per-sample gradients. */
const CHUNK = 1 << 23
const ALL = 1 << 28

/**
 * target[i][j] += Σ_layers ⟨gradient_i, gradient_j⟩ of weight gradients, from codes. At one position the Gram matrices
 * of inputs and gradients are multiplied entry by entry, exact in int32; at several the gradients are summed over the
 * positions first, exact integers too. With `lower` only the lower triangle.
 */
export function addKernel(
  linear: Linear,
  target: Matrix,
  rows: readonly LayerCodes[],
  columns: readonly LayerCodes[],
  { lower = false } = {},
): void {
  rows.forEach((layer, index) => {
    const other = columns[index]!
    if (layer.positions === 1 && other.positions === 1) addHadamard(linear, target, layer, other, lower)
    else addGradients(linear, target, layer, other, lower)
  })
}

interface Packed {
  readonly inputs: number
  readonly gradients: number
  readonly scales: number
}

function addHadamard(
  linear: Linear,
  target: Matrix,
  rows: LayerCodes,
  columns: LayerCodes,
  lower: boolean,
): void {
  linear.scope(() => {
    const inputPairs = Math.ceil(rows.inWidth / 2)
    const gradientPairs = Math.ceil(rows.outWidth / 2)
    const left = packLayer(linear, rows)
    const right = rows === columns ? left : packLayer(linear, columns)
    for (let column = 0; column < padded(target.columns); column += COLUMNS) {
      const panels = Math.min(COLUMNS, padded(target.columns) - column) / 4
      const skipped = lower ? column / 4 : 0
      linear.kernels.addKernel(
        left.inputs + skipped * inputPairs * 16,
        left.gradients + skipped * gradientPairs * 16,
        left.scales + skipped * 32,
        right.inputs + (column / 4) * inputPairs * 16,
        right.gradients + (column / 4) * gradientPairs * 16,
        right.scales + (column / 4) * 32,
        padded(target.rows) / 4 - skipped,
        panels,
        inputPairs,
        gradientPairs,
        target.at(4 * skipped, column),
        target.stride * 8,
        lower ? 1 : ALL,
      )
    }
  })
}

function packLayer(linear: Linear, layer: LayerCodes): Packed {
  const scales = scalesOf(layer)
  const matrix = linear.matrix(scales, 1, scales.length)
  return {
    inputs: packSide(linear, layer.inputs, layer.inWidth, scales.length),
    gradients: packSide(linear, layer.gradients, layer.outWidth, scales.length),
    scales: matrix.offset,
  }
}

/** [panels][pairs][4 rows][2] int16; odd widths and missing rows are filled with zeros. */
function packSide(linear: Linear, codes: Int8Array, width: number, count: number): number {
  const pairs = Math.ceil(width / 2)
  const size = padded(count) * pairs * 2
  const offset = linear.allocate(size * 2)
  const packed = new Int16Array(linear.memory.buffer, offset, size).fill(0)
  for (let sample = 0; sample < count; sample++) {
    const panel = (sample >> 2) * pairs * 8 + (sample & 3) * 2
    const start = sample * width
    for (let k = 0; k < width; k++) packed[panel + (k >> 1) * 8 + (k & 1)] = codes[start + k]!
  }
  return offset
}

/** What a sample's products of codes are worth: (input scale / 127)(gradient scale / 127). */
function scalesOf(layer: LayerCodes): Float64Array {
  return Float64Array.from(
    layer.inputScales,
    (scale, sample) => (scale / TOP) * (layer.gradientScales[sample]! / TOP),
  )
}

function addGradients(
  linear: Linear,
  target: Matrix,
  rows: LayerCodes,
  columns: LayerCodes,
  lower: boolean,
): void {
  const samples = Math.max(target.rows, target.columns)
  const outputs = Math.max(4, Math.floor(CHUNK / (samples * padded(rows.inWidth)) / 4) * 4)
  for (let output = 0; output < rows.outWidth; output += outputs) {
    const window = { output, outputs: Math.min(outputs, rows.outWidth - output) }
    linear.scope(() => {
      const left = gradientsOf(linear, rows, window)
      const right = rows === columns ? left : gradientsOf(linear, columns, window)
      addProduct(linear, whole(target), rowsOf(left), rowsOf(right), { lower })
    })
  }
}

function gradientsOf(
  linear: Linear,
  layer: LayerCodes,
  window: { readonly output: number; readonly outputs: number },
): Matrix {
  const { positions, inWidth, outWidth } = layer
  const count = layer.inputScales.length
  const features = linear.zeros(count, padded(window.outputs) * padded(inWidth))
  linear.scope(() => {
    const inputs = linear.matrix(layer.inputs, count * positions, inWidth)
    const gradients = linear.matrix(
      windowOf(layer.gradients, outWidth, window),
      count * positions,
      window.outputs,
    )
    const summed = sampleGradients(linear, inputs, gradients, { positions, first: 0, count })
    summed.scaleRows(scalesOf(layer))
    features.data.set(summed.data)
  })
  return features
}

function windowOf(
  codes: Int8Array,
  width: number,
  { output, outputs }: { readonly output: number; readonly outputs: number },
): Int8Array {
  if (outputs === width) return codes
  const rows = codes.length / width
  const window = new Int8Array(rows * outputs)
  for (let row = 0; row < rows; row++)
    window.set(codes.subarray(row * width + output, row * width + output + outputs), row * outputs)
  return window
}
