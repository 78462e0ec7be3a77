import { tensor } from '../../model/tensor'
import type { GraphBuilder } from '../builder'
import type { Value } from '../value'
import { gaussLegendre } from './gaussLegendre'

/** Beyond ±6 the error function is ±1 to the last bit of a float64. */
const ERF_LIMIT = 6
const quadrature = gaussLegendre(48)

/** erf(x) = 2x/√π ∫₀¹ exp(-x²t²) dt, to a few units of 1e-15. */
export function erf(builder: GraphBuilder, x: Value): Value {
  const limit = (value: number): Value => builder.constant(value)
  const clipped = builder.op('Clip', [x, limit(-ERF_LIMIT), limit(ERF_LIMIT)])
  const points = builder.constant(tensor('float64', [quadrature.nodes.length], quadrature.nodes))
  const weights = builder.constant(tensor('float64', [quadrature.weights.length], quadrature.weights))
  const scaled = builder.mul(builder.unsqueeze(clipped, [-1]), points)
  const integral = builder.matMul(builder.exp(builder.neg(builder.mul(scaled, scaled))), weights)
  return builder.mul(builder.mul(clipped, integral), 2 / Math.sqrt(Math.PI))
}
