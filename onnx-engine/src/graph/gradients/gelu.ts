import { scalar } from '../../model/tensor'
import type { Node } from '../../model/types'
import type { GraphBuilder } from '../builder'
import { sameDims } from '../dims'
import { floatOf, operatorOf } from '../nodeAttributes'
import { knownNumbers } from '../shapes/known'
import type { Value } from '../value'

/**
 * y = scale·x·(1 + erf(k·x)): GELU (Hendrycks and Gimpel, 2016) where scale is 1/2 and k is 1/√2. Below operator set 20
 * exporters write it out, each in its own order of the factors.
 */
export interface GeluTerms {
  readonly x: Value
  readonly scale: number
  readonly k: number
  /** k·x. */
  readonly scaled: Value
  /** scale·(1 + erf(k·x)), which is Φ(x); appended to the graph where it does not compute it as such. */
  readonly distribution: () => Value
}

export interface WrittenOutGelu extends GeluTerms {
  /** Names of what is computed on the way from x to y, and of y. */
  readonly inside: readonly string[]
}

/**
 * dx from dy in six passes over the elements, where the chain rule through the operators takes nine: all constant
 * factors of erf' = 2/√π·exp(-k²x²) go into its exponent.
 */
export function geluGradient(builder: GraphBuilder, terms: GeluTerms, dy: Value): Value {
  const { x, scale, k, scaled } = terms
  const factor = builder.constant(scalar(x.dtype, Math.log((scale * k * 2) / Math.sqrt(Math.PI))))
  const density = builder.exp(builder.sub(factor, builder.mul(scaled, scaled)))
  return builder.mul(builder.add(terms.distribution(), builder.mul(x, density)), dy)
}

/** Recognises a GELU by the product that ends it; `isFixed` tells by which constants nothing is derived. */
export function writtenOutGelu(
  builder: GraphBuilder,
  last: Node,
  isFixed: (value: Value) => boolean,
): WrittenOutGelu | undefined {
  if (!['Mul', 'Div'].includes(operatorOf(last))) return undefined
  const y = builder.value(last.outputs[0]!)
  const reader = new ProductReader(builder, isFixed)
  for (const sigmoid of reader.read(y).factors) {
    const argument = reader.erfArgument(sigmoid)
    if (!argument) continue
    const { x, k, scaled, erf, share } = argument
    const { scale, factors, parts } = reader.read(y, x)
    const isWhole = factors.length === 2 && [x, sigmoid].every(part => factors.some(isSame(part)))
    if (!isWhole || !(scale * share * k > 0) || !sameDims(x.dims, y.dims)) return undefined
    const computed = [{ value: sigmoid, scale: 1, factors: [sigmoid] }, ...parts].find(
      part => part.scale === scale && part.factors.length === 1 && isSame(sigmoid)(part.factors[0]!),
    )
    return {
      x,
      scale: scale * share,
      k,
      scaled,
      distribution: () => computed?.value ?? builder.mul(sigmoid, scale),
      inside: [...parts.map(({ value }) => value), sigmoid, erf, scaled].map(({ name }) => name),
    }
  }
  return undefined
}

const isSame =
  (value: Value) =>
  ({ name }: Value): boolean =>
    name === value.name

interface Product {
  /** The product of the constants. */
  readonly scale: number
  readonly factors: readonly Value[]
  /** This product and those that it is made of, each as the value that the graph computes. */
  readonly parts: readonly (Omit<Product, 'parts'> & { readonly value: Value })[]
}

/** Products inside of products; a written-out GELU has three at most. */
const DEPTH = 3

class ProductReader {
  constructor(
    private readonly builder: GraphBuilder,
    private readonly isFixed: (value: Value) => boolean,
  ) {}

  /** @param until a value that counts as one factor, though it may be a product itself */
  read(value: Value, until?: Value, depth = DEPTH): Product {
    const operands = depth === 0 || value.name === until?.name ? undefined : this.operands(value)
    if (!operands) return { scale: 1, factors: [value], parts: [] }
    const inner = operands.values.map(operand => this.read(operand, until, depth - 1))
    const scale = inner.reduce((scale, part) => scale * part.scale, operands.scale)
    const factors = inner.flatMap(part => part.factors)
    return { scale, factors, parts: [{ value, scale, factors }, ...inner.flatMap(part => part.parts)] }
  }

  /** x, k and k·x where `sigmoid` is share·(1 + erf(k·x)). */
  erfArgument(sigmoid: Value): { x: Value; k: number; scaled: Value; erf: Value; share: number } | undefined {
    const [erf, share] = this.shiftedErf(sigmoid) ?? []
    const scaled = erf && this.builder.value(this.builder.producer(erf)!.inputs[0]!)
    const operands = scaled && this.operands(scaled)
    if (operands?.values.length !== 1) return undefined
    return { x: operands.values[0]!, k: operands.scale, scaled: scaled!, erf: erf!, share: share! }
  }

  /** 1 + erf as a sum, or a share of it as the straight part of a HardSigmoid, which erf does not leave. */
  private shiftedErf(value: Value): [erf: Value, share: number] | undefined {
    const node = this.builder.producer(value)
    const operator = node && operatorOf(node)
    if (operator !== 'Add' && operator !== 'HardSigmoid') return undefined
    const operands = node!.inputs.map(name => this.builder.value(name))
    const erf = operands.find(operand => {
      const producer = this.builder.producer(operand)
      return producer && operatorOf(producer) === 'Erf'
    })
    if (!erf) return undefined
    if (operator === 'Add') return operands.some(operand => this.number(operand) === 1) ? [erf, 1] : undefined
    const [slope, shift] = [floatOf(node!, 'alpha'), floatOf(node!, 'beta')]
    return slope !== undefined && slope === shift && slope <= 0.5 ? [erf, slope] : undefined
  }

  /** The operands of a product, or of a quotient by a constant: constants in `scale`, the rest in `values`. */
  private operands(value: Value): { scale: number; values: Value[] } | undefined {
    const node = this.builder.producer(value)
    const operator = node && operatorOf(node)
    if (operator !== 'Mul' && operator !== 'Div') return undefined
    const [left, right] = node!.inputs.map(name => this.builder.value(name))
    const [first, second] = [this.number(left!), this.number(right!)]
    if (operator === 'Div') return second === undefined ? undefined : { scale: 1 / second, values: [left!] }
    if (first !== undefined) return { scale: first, values: [right!] }
    return second === undefined ? { scale: 1, values: [left!, right!] } : { scale: second, values: [left!] }
  }

  private number(value: Value): number | undefined {
    const numbers = this.isFixed(value) ? knownNumbers(value) : undefined
    return numbers?.length === 1 ? numbers[0] : undefined
  }
}
