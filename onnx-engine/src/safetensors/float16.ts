const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The largest finite float16. */
export const FLOAT16_MAX = 65504

/** Rounds to the nearest float16, ties to even; beyond the range gives an infinity. */
export function toFloat16(value: number): number {
  float[0] = value
  const x = bits[0]!
  const sign = (x >>> 16) & 0x8000
  const magnitude = x & 0x7fffffff
  if (magnitude >= 0x7f800000) return sign | (magnitude > 0x7f800000 ? 0x7e00 : 0x7c00)
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude < 0x38800000) {
    // Subnormal: a multiple of 2^-24. Adding 0.5 lets the float32 adder round to exactly that unit.
    float[0] = Math.abs(float[0]) + 0.5
    return sign | (bits[0]! - 0x3f000000)
  }
  const odd = (magnitude >>> 13) & 1
  return sign | ((magnitude - 0x38000000 + 0xfff + odd) >>> 13)
}

/** The exact value of a float16. */
export function fromFloat16(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** The exact value of a bfloat16: the upper half of a float32. */
export function fromBfloat16(half: number): number {
  bits[0] = half << 16
  return float[0]!
}

/** Rounds to the nearest bfloat16, ties to even; NaN stays NaN. */
export function toBfloat16(value: number): number {
  float[0] = value
  const x = bits[0]!
  if ((x & 0x7fffffff) > 0x7f800000) return (x >>> 16) | 0x40
  return (x + 0x7fff + ((x >>> 16) & 1)) >>> 16
}
