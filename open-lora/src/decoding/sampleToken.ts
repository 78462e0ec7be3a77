/**
 * The next token for `logits` [V]. Temperature 0 takes the largest logit, the lowest id on a tie. Otherwise the inverse
 * of the cumulative softmax(logits / temperature) at `uniform` in [0, 1): the same logits and the same number give the
 * same token.
 */
export function sampleToken(logits: Float32Array, temperature: number, uniform: () => number): number {
  const best = largest(logits)
  if (temperature === 0) return best
  const peak = logits[best] as number
  const weights = Float64Array.from(logits, logit => Math.exp((logit - peak) / temperature))
  let left = uniform() * weights.reduce((sum, weight) => sum + weight, 0)
  for (let token = 0; token < weights.length; token++) {
    left -= weights[token] as number
    if (left < 0) return token
  }
  // Rounding left a crumb beyond the last weight.
  return best
}

function largest(logits: Float32Array): number {
  let best = 0
  for (let token = 1; token < logits.length; token++) {
    if ((logits[token] as number) > (logits[best] as number)) best = token
  }
  return best
}
