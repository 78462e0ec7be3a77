/** The textbook loops that the WebAssembly kernels must equal bit for bit. */

export function plainProduct(a: Float64Array, b: Float64Array, rows: number, terms: number): Float64Array {
  const columns = b.length / terms
  const result = new Float64Array(rows * columns)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      let sum = 0
      for (let k = 0; k < terms; k++) sum += a[i * terms + k]! * b[k * columns + j]!
      result[i * columns + j] = sum
    }
  }
  return result
}

export function plainCholesky(a: Float64Array, size: number): Float64Array {
  const l = new Float64Array(size * size)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * size + j]!
      for (let k = 0; k < j; k++) sum -= l[i * size + k]! * l[j * size + k]!
      l[i * size + j] = i === j ? Math.sqrt(sum) : sum / l[j * size + j]!
    }
  }
  return l
}

/** X with L Lᵀ X = B: down from the first row, then up from the last. */
export function plainSolve(l: Float64Array, b: Float64Array, size: number): Float64Array {
  const columns = b.length / size
  const x = b.slice()
  for (let t = 0; t < columns; t++) {
    for (let i = 0; i < size; i++) {
      let sum = x[i * columns + t]!
      for (let k = 0; k < i; k++) sum -= l[i * size + k]! * x[k * columns + t]!
      x[i * columns + t] = sum / l[i * size + i]!
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = x[i * columns + t]!
      for (let k = size - 1; k > i; k--) sum -= l[k * size + i]! * x[k * columns + t]!
      x[i * columns + t] = sum / l[i * size + i]!
    }
  }
  return x
}

export function transpose(a: Float64Array, rows: number): Float64Array {
  const columns = a.length / rows
  return Float64Array.from(a, (_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!)
}

/** A repeatable stream of numbers in [-1, 1). */
export function numbers(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2147483648 - 1
  }
}

export function filled(count: number, draw: () => number): Float64Array {
  return Float64Array.from({ length: count }, draw)
}

/** A Aᵀ + I for a random A. */
export function positiveDefinite(size: number, draw: () => number): Float64Array {
  const a = filled(size * size, draw)
  const product = plainProduct(a, transpose(a, size), size, size)
  for (let i = 0; i < size; i++) product[i * size + i]! += 1
  return product
}

/** The lower triangle alone. */
export function lowerOf(a: Float64Array, size: number): Float64Array {
  return a.map((value, at) => (at % size <= Math.floor(at / size) ? value : 0))
}
