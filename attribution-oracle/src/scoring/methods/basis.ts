import { projection } from '@open-datanets/onnx-engine'
import type { LayerCapture } from '../capture'
import type { Linear } from '../linear/linear'
import type { Matrix } from '../linear/matrix'
import { addProduct, columnsOf, rowsOf, whole } from '../linear/multiply'

/** Rows of numbers that are handled at once, so that a long capture never stands in the arena whole. */
const ROWS = 4096

/** How one side of a layer enters its features: as it is, or times a [width, size] matrix, row-major. */
export interface Basis {
  readonly width: number
  readonly size: number
  readonly matrix?: Float64Array
}

export interface LayerBasis {
  readonly inputs: Basis
  readonly gradients: Basis
}

export function identityBasis(layer: LayerCapture): LayerBasis {
  return {
    inputs: { width: layer.inWidth, size: layer.inWidth },
    gradients: { width: layer.outWidth, size: layer.outWidth },
  }
}

/** Rademacher projections to k numbers a side (LoGra, arXiv 2405.13954); a side of at most k keeps its width. */
export function projectedBasis(layer: LayerCapture, k: number, seed: string): LayerBasis {
  const side = (width: number, name: 'in' | 'out'): Basis =>
    width <= k
      ? { width, size: width }
      : {
          width,
          size: k,
          matrix: projection({ seed, layer: layer.name, side: name }, width, k, 'float64')
            .data as Float64Array,
        }
  return { inputs: side(layer.inWidth, 'in'), gradients: side(layer.outWidth, 'out') }
}

/** The samples first .. first + count of one side in its basis: [count * positions, size]. */
export function inBasis(
  linear: Linear,
  basis: Basis,
  values: Float32Array,
  o: { readonly positions: number; readonly first: number; readonly count: number },
): Matrix {
  const rows = o.count * o.positions
  const start = o.first * o.positions * basis.width
  const { matrix } = basis
  if (!matrix) return linear.matrix(values, rows, basis.width, start)
  const result = linear.zeros(rows, basis.size)
  linear.scope(() => {
    const projector = linear.matrix(matrix, basis.width, basis.size)
    for (let row = 0; row < rows; row += ROWS) {
      linear.scope(() => {
        const part = linear.matrix(values, Math.min(ROWS, rows - row), basis.width, start + row * basis.width)
        const target = { ...whole(result), offset: result.at(row, 0) }
        addProduct(linear, target, rowsOf(part), columnsOf(projector))
      })
    }
  })
  return result
}
