const LEAST_NORMAL = 1 / 16384
const UNIT = 1 / 16777216

/** The least float16 above zero. */
export const LEAST_DOUBT = UNIT

// No `**`: the standard lets engines approximate it.

/** Float16 bits of a number in [0, 1], rounded to the nearest, ties to even; powers of two and integers only. */
export function halfOf(value: number): number {
  if (value < LEAST_NORMAL) return roundHalfEven(value / UNIT)
  let exponent = 15
  let scaled = value
  while (scaled < 1) {
    scaled *= 2
    exponent--
  }
  // A mantissa that rounds up to 2048 carries into the exponent by itself.
  return exponent * 1024 + roundHalfEven(scaled * 1024) - 1024
}

/** The exact value of the bits of a float16 in [0, 1]. */
export function valueOfHalf(bits: number): number {
  const exponent = bits >>> 10
  const fraction = bits & 1023
  if (exponent === 0) return fraction * UNIT
  let value = 1024 + fraction
  for (let halvings = exponent; halvings < 25; halvings++) value /= 2
  return value
}

export function roundHalfEven(value: number): number {
  const below = Math.floor(value)
  const rest = value - below
  if (rest !== 0.5) return rest < 0.5 ? below : below + 1
  return below % 2 === 0 ? below : below + 1
}
