import fc from 'fast-check'
import type { GraphBuilder, Value } from '../../../src/index'
import { int, string, tensor } from '../../../src/index'
import { windowAttributes, windows } from './linearCases'
import type { Cases, OperatorCase } from './operatorCase'
import { batchNames, distinct, numbers, seeds, shape, size } from './operatorCase'

const pool = (op: 'MaxPool' | 'AveragePool') =>
  fc
    .record({
      window: windows(op === 'MaxPool'),
      sizes: fc.tuple(size(2), size(2)),
      ceil: fc.integer({ min: 0, max: 1 }),
      counted: fc.integer({ min: 0, max: 1 }),
      seed: seeds,
      named: fc.boolean(),
    })
    .map(({ window, sizes, ceil, counted, seed, named }): OperatorCase => {
      const { dilations: _, ...attributes } = windowAttributes({
        ...window,
        dilations: window.auto === 'NOTSET' ? window.dilations : window.kernel.map(() => 1),
      })
      const x = [...sizes, ...window.spatial]
      // Windows of one size, over sizes that are names.
      const even = window.auto === 'VALID' || (window.auto === 'NOTSET' && ceil === 0 && counted === 1)
      return {
        inputs: { x: op === 'MaxPool' ? distinct(x, seed) : numbers(x, seed) },
        build: (b, { x }) =>
          b.op(op, [x], {
            ...attributes,
            ...(window.auto === 'NOTSET' ? { ceil_mode: int(ceil) } : {}),
            ...(op === 'MaxPool' && window.auto === 'NOTSET'
              ? { dilations: windowAttributes(window)['dilations']! }
              : {}),
            ...(op === 'AveragePool' ? { count_include_pad: int(counted) } : {}),
          }),
        ...(named
          ? { dims: { x: ['B', sizes[1], ...window.spatial.map((d, i) => (even ? `S${i}` : d))] } }
          : {}),
      }
    })

const global = (op: string) =>
  fc
    .record({ dims: shape(3, 5, 3), seed: seeds, named: fc.boolean() })
    .map(({ dims, seed, named }): OperatorCase => ({
      inputs: { x: distinct(dims, seed) },
      build: (b, { x }) => b.op(op, [x]),
      ...(named ? { dims: { x: dims.map((d, i) => (i === 1 ? d : `n${i}`)) } } : {}),
    }))

/** To larger and smaller sizes, by scales that hit them and by the sizes themselves. */
const resize = fc
  .record({
    sizes: fc.tuple(size(2), size(2), size(5), size(5)),
    scales: fc.tuple(fc.constantFrom(0.5, 1, 1.5, 2, 3), fc.constantFrom(0.5, 1, 2)),
    by: fc.constantFrom('scales', 'sizes'),
    mode: fc.constantFrom('nearest', 'linear'),
    coordinates: fc.constantFrom('half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'),
    nearest: fc.constantFrom('round_prefer_floor', 'round_prefer_ceil', 'floor', 'ceil'),
    seed: seeds,
    named: fc.boolean(),
  })
  .map(({ sizes, scales, by, mode, coordinates, nearest, seed, named }): OperatorCase => {
    const dims = sizes.map((d, i) => (i > 1 ? d + 1 : d))
    const inputs = { x: numbers(dims, seed) }
    const factors = [1, 1, ...scales]
    const build = (b: GraphBuilder, { x }: Record<string, Value>): Value => {
      const wanted =
        by === 'scales'
          ? [b.constant(tensor('float32', [4], factors))]
          : [
              undefined,
              b.concat(
                [
                  b.slice(b.shape(x!), 0, 2, 0),
                  b.shapeConstant(dims.slice(2).map((d, i) => Math.max(1, Math.floor(d * scales[i]!)))),
                ],
                0,
              ),
            ]
      return b.op('Resize', [b.mul(x!, x!), undefined, ...wanted], {
        mode: string(mode),
        coordinate_transformation_mode: string(coordinates),
        ...(mode === 'nearest' && { nearest_mode: string(nearest) }),
      })
    }
    return { inputs, build, ...batchNames(inputs, named) }
  })

export const poolingCases: Cases = {
  Resize: resize,
  MaxPool: pool('MaxPool'),
  AveragePool: pool('AveragePool'),
  GlobalAveragePool: global('GlobalAveragePool'),
  GlobalMaxPool: global('GlobalMaxPool'),
}
