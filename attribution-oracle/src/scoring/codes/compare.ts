import type { Codes } from './codes'
import { valueOfHalf } from './half'

const SHARE = 0.999
const SCALE = 1 / 4096
/** A doubt has 11 significant bits, and float32 itself cannot tell 1 - p closer than its last place beside 1. */
const DOUBT_RELATIVE = 1 / 512
const DOUBT_ABSOLUTE = 1 / 2097152

export interface Comparison {
  readonly agrees: boolean
  readonly codes: number
  /** codes that differ by more than one */
  readonly codesApart: number
  readonly largestCodeGap: number
  /** relative */
  readonly largestScaleGap: number
  readonly doubtsApart: number
}

/**
 * Whether stage A, computed twice, gave the same: codes within one on 99.9 % of entries, scales within 2⁻¹², doubts
 * within 2⁻⁹. Two devices round differently; nothing else explains more.
 */
export function compareCodes(ours: Codes, theirs: Codes): Comparison {
  let codes = 0
  let codesApart = 0
  let largestCodeGap = 0
  let largestScaleGap = 0
  const compareSide = (a: Int8Array, b: Int8Array): void => {
    codes += a.length
    for (let index = 0; index < a.length; index++) {
      const gap = Math.abs(a[index]! - b[index]!)
      if (gap > 1) codesApart++
      if (gap > largestCodeGap) largestCodeGap = gap
    }
  }
  const compareScales = (a: Float32Array, b: Float32Array): void => {
    for (let index = 0; index < a.length; index++)
      largestScaleGap = Math.max(largestScaleGap, relativeGap(a[index]!, b[index]!))
  }
  if (!sameLayout(ours, theirs))
    return { agrees: false, codes, codesApart, largestCodeGap, largestScaleGap, doubtsApart: 0 }
  ours.layers.forEach((layer, index) => {
    const other = theirs.layers[index]!
    compareSide(layer.inputs, other.inputs)
    compareSide(layer.gradients, other.gradients)
    compareScales(layer.inputScales, other.inputScales)
    compareScales(layer.gradientScales, other.gradientScales)
  })
  const doubtsApart = ours.doubts.filter((bits, index) => !doubtsAgree(bits, theirs.doubts[index]!)).length
  const agrees = codesApart <= (1 - SHARE) * codes && largestScaleGap <= SCALE && doubtsApart === 0
  return { agrees, codes, codesApart, largestCodeGap, largestScaleGap, doubtsApart }
}

function sameLayout(a: Codes, b: Codes): boolean {
  const shape = (codes: Codes): string =>
    JSON.stringify([codes.count, codes.layers.map(l => [l.name, l.inWidth, l.outWidth, l.positions])])
  return shape(a) === shape(b)
}

function relativeGap(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b))
}

function doubtsAgree(a: number, b: number): boolean {
  const [x, y] = [valueOfHalf(a), valueOfHalf(b)]
  return Math.abs(x - y) <= DOUBT_RELATIVE * Math.max(x, y) + DOUBT_ABSOLUTE
}
