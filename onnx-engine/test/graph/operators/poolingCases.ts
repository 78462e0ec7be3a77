import fc from 'fast-check'
import { int } from '../../../src/index'
import { windowAttributes, windows } from './linearCases'
import type { Cases, OperatorCase } from './operatorCase'
import { distinct, numbers, seeds, shape, size } from './operatorCase'

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

export const poolingCases: Cases = {
  MaxPool: pool('MaxPool'),
  AveragePool: pool('AveragePool'),
  GlobalAveragePool: global('GlobalAveragePool'),
  GlobalMaxPool: global('GlobalMaxPool'),
}
