import type { CheckpointCapture, LayerCapture, SampleCapture } from '../../../src/scoring/capture'
import { symmetricEigen } from '../../../src/scoring/linear/eigen'
import { filled, numbers, plainCholesky, plainProduct, plainSolve, transpose } from '../linear/plain'

export interface Shape {
  readonly name: string
  readonly inWidth: number
  readonly outWidth: number
  readonly positions: number
}

/** A capture of random numbers. */
export function randomCapture(count: number, shapes: readonly Shape[], seed: number): SampleCapture {
  const draw = numbers(seed)
  const layers = shapes.map(shape => ({
    ...shape,
    inputs: Float32Array.from(filled(count * shape.positions * shape.inWidth, draw)),
    gradients: Float32Array.from(filled(count * shape.positions * shape.outWidth, draw)),
  }))
  return { count, layers, loss: filled(count, draw).map(Math.abs) }
}

/** A checkpoint whose Fisher rows share the training inputs, as those of a network do. */
export function randomCheckpoint(
  o: { readonly train: number; readonly query: number; readonly rows: number },
  shapes: readonly Shape[],
  seed: number,
): CheckpointCapture {
  const train = randomCapture(o.train, shapes, seed)
  const query = randomCapture(o.query, shapes, seed + 1)
  const other = (salt: number): SampleCapture => {
    const drawn = randomCapture(o.train, shapes, seed + salt)
    return { ...drawn, layers: drawn.layers.map((l, i) => ({ ...l, inputs: train.layers[i]!.inputs })) }
  }
  return {
    classes: o.rows,
    train: direction => {
      if (direction === 'loss') return Promise.resolve(train)
      return Promise.resolve(other(typeof direction === 'string' ? 50 : 100 + direction.row))
    },
    query: () => Promise.resolve(query),
  }
}

/** Gradients of a layer's weights, written out: [count, outWidth * inWidth]. */
export function denseGradients({
  inWidth,
  outWidth,
  positions,
  inputs,
  gradients,
}: LayerCapture): Float64Array {
  const count = inputs.length / positions / inWidth
  const size = inWidth * outWidth
  const result = new Float64Array(count * size)
  for (let row = 0; row < count * positions; row++)
    for (let o = 0; o < outWidth; o++)
      for (let i = 0; i < inWidth; i++)
        result[Math.floor(row / positions) * size + o * inWidth + i]! +=
          gradients[row * outWidth + o]! * inputs[row * inWidth + i]!
  return result
}

/** Σ_layers g_train (F + λI)⁻¹ g_query with F and λ as defined, from dense matrices. */
export function denseScores(
  train: SampleCapture,
  query: SampleCapture,
  rows: readonly SampleCapture[],
  lambdaOf: (meanEigenvalue: number) => number,
): Float64Array {
  const scores = new Float64Array(train.count * query.count)
  train.layers.forEach((layer, index) => {
    const size = layer.inWidth * layer.outWidth
    const fisher = new Float64Array(size * size)
    for (const row of rows) {
      const g = denseGradients(row.layers[index]!)
      plainProduct(transpose(g, train.count), g, size, train.count).forEach(
        (x, at) => (fisher[at]! += x / train.count),
      )
    }
    let trace = 0
    for (let k = 0; k < size; k++) trace += fisher[k * size + k]!
    for (let k = 0; k < size; k++) fisher[k * size + k]! += lambdaOf(trace / size)
    const queries = transpose(denseGradients(query.layers[index]!), query.count)
    const solved = plainSolve(plainCholesky(fisher, size), queries, size)
    plainProduct(denseGradients(layer), solved, train.count, size).forEach((x, at) => (scores[at]! += x))
  })
  return scores
}

/** The same with the Fisher's eigenvalues replaced by second moments in the Kronecker eigenbasis. */
export function denseEkFac(
  train: SampleCapture,
  query: SampleCapture,
  rows: readonly SampleCapture[],
  multiple: number,
): Float64Array {
  const scores = new Float64Array(train.count * query.count)
  train.layers.forEach((layer, index) => {
    const { inWidth, outWidth } = layer
    const size = inWidth * outWidth
    const inputs = eigenvectors([rows[0]!.layers[index]!.inputs], inWidth)
    const outputs = eigenvectors(
      rows.map(row => row.layers[index]!.gradients),
      outWidth,
    )
    const basis = Float64Array.from({ length: size * size }, (_, at) => {
      const [vector, entry] = [Math.floor(at / size), at % size]
      const [o, i] = [Math.floor(vector / inWidth), vector % inWidth]
      return outputs[o * outWidth + Math.floor(entry / inWidth)]! * inputs[i * inWidth + (entry % inWidth)]!
    })
    const turned = (gradients: Float64Array, count: number): Float64Array =>
      plainProduct(gradients, transpose(basis, size), count, size)
    const moments = new Float64Array(size)
    for (const row of rows)
      turned(denseGradients(row.layers[index]!), train.count).forEach(
        (x, at) => (moments[at % size]! += (x * x) / train.count),
      )
    const lambda = (multiple * moments.reduce((a, b) => a + b, 0)) / size
    const seen = turned(denseGradients(query.layers[index]!), query.count).map(
      (x, at) => x / (moments[at % size]! + lambda),
    )
    const own = turned(denseGradients(layer), train.count)
    plainProduct(own, transpose(seen, query.count), train.count, size).forEach((x, at) => (scores[at]! += x))
  })
  return scores
}

/** Of Σ v vᵀ, as rows. */
function eigenvectors(sides: readonly Float32Array[], width: number): Float64Array {
  const covariance = new Float64Array(width * width)
  for (const side of sides) {
    const vectors = Float64Array.from(side)
    const rows = vectors.length / width
    plainProduct(transpose(vectors, rows), vectors, width, rows).forEach((x, at) => (covariance[at]! += x))
  }
  return symmetricEigen(covariance, width).vectors
}
