import { isFloat } from '../../model/dtypes'
import { int } from '../../model/attributes'
import { scalar } from '../../model/tensor'
import type { GraphBuilder } from '../builder'
import { operatorOf } from '../nodeAttributes'
import type { Value } from '../value'
import { extreme } from '../decompositions/variadic'
import { sumToShapeOf } from './broadcast'
import type { GradientContext, GradientRule } from './context'
import { through } from './decomposed'
import { geluGradient } from './gelu'

/** dx from one input and one output of the same shape. */
const unary =
  (dx: (context: GradientContext) => Value): GradientRule =>
  context => [() => dx(context)]

/** Gradients of a broadcasting operator before the repeated axes are summed. */
const broadcasting =
  (gradients: (context: GradientContext) => ((() => Value) | undefined)[]): GradientRule =>
  context =>
    gradients(context).map(
      (gradient, i) => gradient && (() => sumToShapeOf(context.builder, gradient(), context.inputs[i]!)),
    )

const zero = ({ builder, y }: GradientContext): Value => builder.constant(scalar(y.dtype, 0))

/** As PyTorch has it, two equal elements get half of the gradient each. */
const selectInput: GradientRule = broadcasting(context => {
  const { builder, node, inputs, dy } = context
  const [wins, ties] = [node.opType === 'Max' ? 'Greater' : 'Less', 'Equal']
  const share = (one: Value, other: Value): Value => {
    const half = builder.where(builder.op(ties, [one, other]), builder.mul(dy, 0.5), zero(context))
    return builder.where(builder.op(wins, [one, other]), dy, half)
  }
  return [() => share(inputs[0]!, inputs[1]!), () => share(inputs[1]!, inputs[0]!)]
})

const ofTwo =
  (rule: GradientRule, otherwise: GradientRule): GradientRule =>
  context =>
    context.inputs.length === 2 ? rule(context) : otherwise(context)

const cast: GradientRule = ({ builder, x, y, dy }) => [
  isFloat(x.dtype) && isFloat(y.dtype) ? () => builder.cast(dy, x.dtype) : undefined,
]

/** exponent·base^(exponent - 1), where the usual exponents are constants. */
const power: GradientRule = broadcasting(({ builder, inputs: [base, exponent], y, dy }) => {
  const known = exponent!.known?.length === 1 ? exponent!.known[0] : undefined
  const slope = (): Value => {
    if (known === 1) return dy
    if (known === 2) return builder.mul(dy, builder.mul(base!, 2))
    if (typeof known === 'number') return builder.mul(dy, builder.mul(builder.pow(base!, known - 1), known))
    const exact = builder.cast(exponent!, base!.dtype)
    return builder.mul(dy, builder.mul(exact, builder.pow(base!, builder.sub(exact, 1))))
  }
  return [
    slope,
    isFloat(exponent!.dtype) ? () => builder.mul(dy, builder.mul(y, builder.log(base!))) : undefined,
  ]
})

/** Whether `value` is written as a product of y, and so is 0 wherever y is. */
function isMultipleOf(builder: GraphBuilder, value: Value, y: Value): boolean {
  const producer = builder.producer(value)
  return producer !== undefined && operatorOf(producer) === 'Mul' && producer.inputs.includes(y.name)
}

/** Slopes apply below zero; at zero itself, as PyTorch has it, too. */
const prelu: GradientRule = broadcasting(context => {
  const {
    builder,
    inputs: [x, slope],
    dy,
  } = context
  const above = (): Value => builder.op('Greater', [x, zero(context)])
  return [
    () => builder.where(above(), dy, builder.mul(dy, slope!)),
    () => builder.where(above(), zero(context), builder.mul(dy, x!)),
  ]
})

const gelu = (context: GradientContext): Value => {
  const { builder, x, dy } = context
  if (context.text('approximate', 'none') === 'tanh') return tanhGelu(context)
  const scaled = builder.mul(x, Math.SQRT1_2)
  const distribution = () => builder.normalDistribution(scaled)
  return geluGradient(builder, { x, scale: 0.5, k: Math.SQRT1_2, scaled, distribution }, dy)
}

/** For y = x/2·(1 + t), t = tanh(c·(x + 0.044715·x³)): (1 + t)/2 + x/2·(1 - t²)·c·(1 + 3·0.044715·x²). */
function tanhGelu({ builder, x, dy }: GradientContext): Value {
  const square = builder.mul(x, x)
  const c = Math.sqrt(2 / Math.PI)
  const inner = builder.mul(x, builder.add(builder.mul(square, 0.044715 * c), c))
  const t = builder.op('Tanh', [inner])
  const slope = builder.mul(x, builder.add(builder.mul(square, 3 * 0.044715 * c), c))
  const bent = builder.mul(builder.sub(builder.constant(scalar(x.dtype, 1)), builder.mul(t, t)), slope)
  return builder.mul(dy, builder.mul(builder.add(builder.add(t, 1), bent), 0.5))
}

const clip: GradientRule = context => {
  const { builder, inputs, dy, x } = context
  const inside = (opType: string, bound: Value | undefined, gradient: Value): Value =>
    bound ? builder.where(builder.op(opType, [x, bound]), gradient, zero(context)) : gradient
  const bound = (): Value => {
    throw context.unsupported('Clip through a bound')
  }
  return [() => inside('GreaterOrEqual', inputs[1], inside('LessOrEqual', inputs[2], dy)), bound, bound]
}

/** The identity outside of training; in training the kernel draws a mask that the gradient would have to know. */
const dropout: GradientRule = context => {
  const training = context.inputs[2]
  if (training && training.known?.[0] !== 0)
    throw context.unsupported('Dropout in training mode (export in evaluation mode)')
  return [() => context.dy]
}

/** Of the remainder with the sign of the dividend: x - trunc(x / y)·y. */
const modulo: GradientRule = context => {
  if (!isFloat(context.x.dtype)) return []
  return broadcasting(({ builder, inputs: [x, y], dy }) => {
    const quotient = (): Value => {
      const ratio = builder.div(x!, y!)
      const whole = builder.op('Floor', [builder.op('Abs', [ratio])])
      return builder.mul(whole, builder.op('Sign', [ratio]))
    }
    return [() => dy, () => builder.neg(builder.mul(dy, quotient()))]
  })(context)
}

export const elementwiseGradients: Record<string, GradientRule> = {
  Identity: unary(({ dy }) => dy),
  Dropout: dropout,
  Neg: unary(({ builder, dy }) => builder.neg(dy)),
  Exp: unary(({ builder, y, dy }) => builder.mul(dy, y)),
  Log: unary(({ builder, x, dy }) => builder.div(dy, x)),
  Sqrt: unary(({ builder, y, dy }) => builder.div(builder.mul(dy, 0.5), y)),
  Reciprocal: unary(({ builder, y, dy }) => builder.neg(builder.mul(dy, builder.mul(y, y)))),
  Abs: unary(({ builder, x, dy }) => builder.mul(dy, builder.op('Sign', [x]))),
  Sin: unary(({ builder, x, dy }) => builder.mul(dy, builder.op('Cos', [x]))),
  Cos: unary(({ builder, x, dy }) => builder.neg(builder.mul(dy, builder.op('Sin', [x])))),
  Softplus: unary(({ builder, x, dy }) => builder.mul(dy, builder.op('Sigmoid', [x]))),
  Tanh: unary(({ builder, y, dy }) => builder.sub(dy, builder.mul(dy, builder.mul(y, y)))),
  Sigmoid: unary(({ builder, y, dy }) => builder.mul(dy, builder.sub(y, builder.mul(y, y)))),
  // 2/√π·exp(-x²), the factor inside of the exponent: one pass over the elements less.
  Erf: unary(({ builder, x, dy }) => {
    const exponent = builder.sub(
      builder.constant(scalar(x.dtype, Math.log(2 / Math.sqrt(Math.PI)))),
      builder.mul(x, x),
    )
    return builder.mul(dy, builder.exp(exponent))
  }),
  Relu: unary(context => {
    const { builder, x, y, dy } = context
    if (isMultipleOf(builder, dy, y)) return dy
    return builder.where(builder.op('Greater', [x, zero(context)]), dy, zero(context))
  }),
  LeakyRelu: unary(context => {
    const { builder, x, dy } = context
    const below = builder.mul(dy, context.float('alpha', 0.01))
    return builder.where(builder.op('Greater', [x, zero(context)]), dy, below)
  }),
  Gelu: unary(gelu),
  Clip: clip,
  Cast: cast,
  CastLike: cast,
  PRelu: prelu,
  Add: broadcasting(({ dy }) => [() => dy, () => dy]),
  Sum: broadcasting(({ inputs, dy }) => inputs.map(() => () => dy)),
  Sub: broadcasting(({ builder, dy }) => [() => dy, () => builder.neg(dy)]),
  Mul: broadcasting(({ builder, inputs: [a, b], dy }) =>
    a!.name === b!.name
      ? [() => builder.mul(builder.mul(dy, 2), a!), undefined]
      : [() => builder.mul(dy, b!), () => builder.mul(dy, a!)],
  ),
  Div: broadcasting(({ builder, inputs: [, b], y, dy }) => [
    () => builder.div(dy, b!),
    () => builder.neg(builder.div(builder.mul(dy, y), b!)),
  ]),
  Mod: modulo,
  Pow: power,
  Max: ofTwo(selectInput, through(extreme)),
  Min: ofTwo(selectInput, through(extreme)),
  Where: broadcasting(context => {
    const {
      builder,
      inputs: [condition],
      dy,
    } = context
    return [
      undefined,
      () => builder.where(condition!, dy, zero(context)),
      () => builder.where(condition!, zero(context), dy),
    ]
  }),
  Trilu: context => [
    () => context.builder.op('Trilu', [context.dy, ...context.inputs.slice(1)], context.node.attributes),
  ],
  CumSum: ({ builder, inputs, dy, node }) => [
    () => {
      const reverse = node.attributes['reverse']
      const reversed = int(reverse?.kind === 'int' && reverse.value === 1 ? 0 : 1)
      return builder.op('CumSum', [dy, inputs[1]], { ...node.attributes, reverse: reversed })
    },
  ],
}
