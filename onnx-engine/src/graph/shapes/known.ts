import { numbersOf } from '../../model/tensor'
import type { Dim, DType, Tensor } from '../../model/types'
import { addDims, divideDims, floorDivideDims, multiplyDims, subtractDims } from '../dims'
import type { Value } from '../value'

/** Values of more elements are no shapes. */
const LIMIT = 64

const followed: ReadonlySet<DType> = new Set<DType>(['int64', 'int32', 'bool', 'float32', 'float64'])

/** The elements of a tensor that may be a shape, an axis, or a number on the way to one. */
export function knownElements(tensor: Tensor): Dim[] | undefined {
  return followed.has(tensor.dtype) && tensor.data.length <= LIMIT ? numbersOf(tensor) : undefined
}

export const isKnown = (count: Dim): count is number => typeof count === 'number' && count <= LIMIT

/** The elements of a constant that must be plain numbers; undefined where one is not known beforehand. */
export function knownNumbers(value: Value | undefined): readonly number[] | undefined {
  return value?.known?.every(item => typeof item === 'number') ? (value.known as number[]) : undefined
}

/**
 * The elements of a known tensor of static dims at some places of each axis, in row-major order.
 * @param places by axis of the tensor
 * @param order of the axes in the result
 */
export function pickedKnown(
  { dims, known }: Value,
  places: readonly (readonly number[])[],
  order: readonly number[] = dims.map((_, axis) => axis),
): Dim[] {
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce<number>((a, b) => a * Number(b), 1))
  const offsets = order.reduce<number[]>(
    (starts, axis) => starts.flatMap(start => places[axis]!.map(place => start + place * strides[axis]!)),
    [0],
  )
  return offsets.map(offset => known![offset]!)
}

export type KnownRule = (left: Dim, right: Dim, dtype: DType) => Dim | undefined

/** Element by element, where one side may be a single element. */
export function combineKnown(left: Value, right: Value, combine: KnownRule): Dim[] | undefined {
  if (!left.known || !right.known) return undefined
  const length = left.known.length === 0 || right.known.length === 0 ? 0 : longest(left, right)
  if ([left, right].some(({ known }) => known!.length !== length && known!.length !== 1)) return undefined
  const at = ({ known }: Value, i: number): Dim => known![known!.length === 1 ? 0 : i]!
  return definite(Array.from({ length }, (_, i) => combine(at(left, i), at(right, i), left.dtype)))
}

const longest = (left: Value, right: Value): number => Math.max(left.known!.length, right.known!.length)

/** Undefined as a whole where an element is. */
export const definite = (items: readonly (Dim | undefined)[]): Dim[] | undefined =>
  items.every(item => item !== undefined) ? (items as Dim[]) : undefined

export function knownWhere(condition: Value, yes: Value, no: Value): Dim[] | undefined {
  const operands = [condition, yes, no].map(value => value.known)
  const length = Math.max(...operands.map(known => known?.length ?? 0))
  if (!operands.every(known => known?.length === length || known?.length === 1)) return undefined
  const [conditions, yeses, noes] = operands.map(
    known =>
      (i: number): Dim =>
        known![known!.length === 1 ? 0 : i]!,
  )
  return definite(
    Array.from({ length }, (_, i) =>
      typeof conditions!(i) === 'number' ? (conditions!(i) ? yeses!(i) : noes!(i)) : undefined,
    ),
  )
}

const isFloating = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float64'

/** Arithmetic in the type of the operands; names take part with whole numbers only. */
function arithmetic(exact: (a: number, b: number) => number, named: KnownRule): KnownRule {
  return (left, right, dtype) => {
    if (typeof left === 'number' && typeof right === 'number') {
      const result = exact(left, right)
      if (!isFloating(dtype)) return Number.isFinite(result) ? Math.trunc(result) : undefined
      return dtype === 'float32' ? Math.fround(result) : result
    }
    const whole = [left, right].every(item => typeof item === 'string' || Number.isInteger(item))
    return whole ? named(left, right, dtype) : undefined
  }
}

export const knownAdd = arithmetic((a, b) => a + b, addDims)
export const knownSub = arithmetic((a, b) => a - b, subtractDims)
export const knownMul = arithmetic(
  (a, b) => a * b,
  (a, b) => multiplyDims([a, b]),
)
export const knownDiv = arithmetic(
  (a, b) => a / b,
  (a, b, dtype) => (isFloating(dtype) || b === 0 ? divideDims(a, b) : floorDivideDims(a, b)),
)
export const knownMod = arithmetic(
  (a, b) => a - b * Math.floor(a / b),
  () => undefined,
)
export const knownMax = arithmetic(Math.max, (a, b) => (a === b ? a : undefined))
export const knownMin = arithmetic(Math.min, (a, b) => (a === b ? a : undefined))

/** 1 or 0, or undefined for two sizes of which at least one is a name; a size is never negative. */
export const knownEqual: KnownRule = (left, right) => {
  if (left === right) return 1
  const numbers = typeof left === 'number' && typeof right === 'number'
  return numbers || isNegative(left) || isNegative(right) ? 0 : undefined
}

const isNegative = (item: Dim): boolean => typeof item === 'number' && item < 0

export const knownCompare =
  (holds: (a: number, b: number) => boolean): KnownRule =>
  (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? Number(holds(left, right)) : undefined

/** What a conversion makes of elements: integers are cut towards zero, names stay what they are. */
export function knownCast(known: readonly Dim[] | undefined, to: DType): Dim[] | undefined {
  if (!known || !followed.has(to)) return undefined
  return definite(
    known.map(item => {
      if (typeof item === 'string') return to === 'bool' ? undefined : item
      if (to === 'bool') return item === 0 ? 0 : 1
      return isFloating(to) ? (to === 'float32' ? Math.fround(item) : item) : Math.trunc(item)
    }),
  )
}

/** Floor, Ceil and Round leave a name, which stands for a whole number, as it is. */
export const knownRounded =
  (round: (value: number) => number) =>
  ({ known }: Value): Dim[] | undefined =>
    known?.map(item => (typeof item === 'number' ? round(item) : item))
