import type { PassOutput } from './options'

/**
 * Gradients of means in place of gradients of sums: over all scored positions of all samples, as PyTorch's losses
 * reduce, or per sample over its own positions. Without a scored position they are zero.
 */
export function meanGradients(output: PassOutput, perSample: boolean): PassOutput {
  const { scored, gradients } = output
  if (!gradients) return output
  const total = scored.reduce((sum, count) => sum + count, 0)
  const divisors = perSample ? scored : [total]
  for (const { data } of gradients.values()) {
    const width = data.length / divisors.length
    divisors.forEach((divisor, row) => {
      const values = (data as Float32Array).subarray(row * width, (row + 1) * width)
      if (divisor > 1) for (let i = 0; i < values.length; i++) values[i]! /= divisor
    })
  }
  return output
}
