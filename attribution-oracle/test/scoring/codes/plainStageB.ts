import { type Codes, type LayerCodes } from '../../../src/scoring/codes/codes'
import { plainCholesky, plainSolve } from '../linear/plain'

/** Stage B of dual margin-GGN as plain loops, in the order that the specification fixes. */
export function plainStageB(train: Codes, query: Codes, damping: number): Float64Array {
  const [n, m] = [train.count, query.count]
  const kernel = plainKernel(train, train)
  const cross = plainKernel(train, query)
  const doubts = plainDoubts(train)
  const weights = doubts.map(q => Math.max(q * (1 - q), 2 ** -40) / n)
  let trace = 0
  weights.forEach((w, i) => (trace += w * kernel[i * n + i]!))
  const roots = weights.map(Math.sqrt)
  const damped = kernel.map((k, at) => k * (roots[Math.floor(at / n)]! * roots[at % n]!))
  for (let i = 0; i < n; i++) damped[i * n + i]! += damping * trace
  const right = cross.map((k, at) => k * roots[Math.floor(at / m)]!)
  const pulls = plainDoubts(query).map(q => Math.max(q, 2 ** -24))
  return plainSolve(plainCholesky(damped, n), right, n).map((x, at) => {
    const i = Math.floor(at / m)
    return (x / roots[i]!) * doubts[i]! * pulls[at % m]!
  })
}

function plainDoubts({ doubts }: Codes): Float64Array {
  return Float64Array.from(doubts, bits =>
    bits < 1024 ? bits * 2 ** -24 : (1024 + (bits & 1023)) * 2 ** ((bits >> 10) - 25),
  )
}

function plainKernel(rows: Codes, columns: Codes): Float64Array {
  const kernel = new Float64Array(rows.count * columns.count)
  rows.layers.forEach((layer, index) => {
    const other = columns.layers[index]!
    for (let i = 0; i < rows.count; i++)
      for (let j = 0; j < columns.count; j++) {
        const at = i * columns.count + j
        kernel[at] =
          layer.positions === 1
            ? kernel[at]! + scaleOf(layer, i) * scaleOf(other, j) * dots(layer, i, other, j)
            : added(kernel[at]!, gradientOf(layer, i), gradientOf(other, j))
      }
  })
  return kernel
}

function scaleOf(layer: LayerCodes, i: number): number {
  return (layer.inputScales[i]! / 127) * (layer.gradientScales[i]! / 127)
}

function dots(a: LayerCodes, i: number, b: LayerCodes, j: number): number {
  let [x, d] = [0, 0]
  for (let k = 0; k < a.inWidth; k++) x += a.inputs[i * a.inWidth + k]! * b.inputs[j * a.inWidth + k]!
  for (let k = 0; k < a.outWidth; k++)
    d += a.gradients[i * a.outWidth + k]! * b.gradients[j * a.outWidth + k]!
  return x * d
}

/** Σ_p d_p a_pᵀ in integers, then the scale. */
function gradientOf(layer: LayerCodes, sample: number): number[] {
  const { positions, inWidth, outWidth } = layer
  return Array.from({ length: outWidth * inWidth }, (_, at) => {
    let sum = 0
    for (let p = 0; p < positions; p++) {
      const row = sample * positions + p
      sum +=
        layer.gradients[row * outWidth + Math.floor(at / inWidth)]! *
        layer.inputs[row * inWidth + (at % inWidth)]!
    }
    return sum * scaleOf(layer, sample)
  })
}

function added(start: number, a: number[], b: number[]): number {
  let sum = start
  a.forEach((x, at) => (sum += x * b[at]!))
  return sum
}
