const SQRT2 = 1.4142135623730951
const LN2_HIGH = 0.6931471803691238
const LN2_LOW = 1.9082149292705877e-10
/** Terms of the series: the first one left out is below 2^-60 of the sum. */
const TERMS = 12

/**
 * ln x for a finite x > 0, bit for bit the same on every machine: engines may differ in the last bit of Math.log.
 * x = 2^k m with m in [√½, √2), and ln m = 2 artanh s = 2 (s + s³/3 + s⁵/5 + ...) with s = (m - 1)/(m + 1), all by
 * operations that IEEE 754 rounds in one way only. Within 1e-15 of the true value, relatively.
 */
export function naturalLog(x: number): number {
  let m = x
  let k = 0
  for (; m >= SQRT2; k++) m /= 2
  for (; m < SQRT2 / 2; k--) m *= 2
  const s = (m - 1) / (m + 1)
  const square = s * s
  let sum = 0
  for (let term = TERMS; term > 0; term--) sum = square * (sum + 1 / (2 * term + 1))
  return k * LN2_HIGH + (2 * s + (2 * s * sum + k * LN2_LOW))
}
