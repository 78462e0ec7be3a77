import fc from 'fast-check'
import { int, ints } from '../../../src/index'
import type { Cases, OperatorCase } from './operatorCase'
import { distinct, numbers, seeds, shape } from './operatorCase'

/** Axes as an attribute up to operator set 17, as an input from 18 on (ReduceSum: from 13 on); none, some or all. */
const reduction = (kind: string) =>
  fc
    .record({
      dims: shape(1, 4, 3),
      seed: seeds,
      chosen: fc.array(fc.nat(3), { maxLength: 3 }),
      back: fc.boolean(),
      keep: fc.integer({ min: 0, max: 1 }),
      noop: fc.integer({ min: 0, max: 1 }),
      opset: fc.constantFrom(17, 18),
      named: fc.boolean(),
    })
    .map(({ dims, seed, chosen, back, keep, noop, opset, named }): OperatorCase => {
      const rank = dims.length
      const axes = [...new Set(chosen.map(axis => axis % rank))].map(axis => (back ? axis - rank : axis))
      const asInput = opset >= 18 || kind === 'Sum'
      const keepdims = int(keep)
      const draw = ['Max', 'Min'].includes(kind) ? distinct : numbers
      const x = ['LogSum'].includes(kind) ? numbers(dims, seed, 0.3, 2) : draw(dims, seed)
      return {
        inputs: { x },
        build: (b, { x }) => {
          if (!asInput)
            return b.op(`Reduce${kind}`, [x], axes.length ? { axes: ints(axes), keepdims } : { keepdims })
          const attributes = { keepdims, noop_with_empty_axes: int(noop) }
          return b.op(`Reduce${kind}`, axes.length ? [x, b.shapeConstant(axes)] : [x], attributes)
        },
        opset,
        ...(named ? { dims: { x: dims.map((_, i) => `n${i}`) } } : {}),
      }
    })

export const reductionCases: Cases = Object.fromEntries(
  ['Sum', 'Mean', 'Max', 'Min', 'L1', 'L2', 'SumSquare', 'LogSum', 'LogSumExp'].map(kind => [
    `Reduce${kind}`,
    reduction(kind),
  ]),
)
