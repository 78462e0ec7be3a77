/**
 * Nodes and weights of Gauss-Legendre quadrature on [0,1], by Newton's method on the Legendre polynomial.
 * Exact for polynomials of degree 2·count - 1.
 */
export function gaussLegendre(count: number): { nodes: number[]; weights: number[] } {
  const nodes: number[] = []
  const weights: number[] = []
  for (let i = 0; i < count; i++) {
    let x = Math.cos((Math.PI * (i + 0.75)) / (count + 0.5))
    let slope = 0
    for (let step = 0; step < 100; step++) {
      const { value, derivative } = legendre(count, x)
      slope = derivative
      const change = value / derivative
      x -= change
      if (Math.abs(change) < 1e-16) break
    }
    nodes.push((1 + x) / 2)
    weights.push(1 / ((1 - x * x) * slope * slope))
  }
  return { nodes, weights }
}

function legendre(degree: number, x: number): { value: number; derivative: number } {
  let [previous, current] = [1, x]
  for (let n = 2; n <= degree; n++)
    [previous, current] = [current, ((2 * n - 1) * x * current - (n - 1) * previous) / n]
  return { value: current, derivative: (degree * (x * current - previous)) / (x * x - 1) }
}
