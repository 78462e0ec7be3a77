import fc from 'fast-check'
import { float, int } from '../../../src/index'
import type { Cases, OperatorCase } from './operatorCase'
import { batchNames, numbers, seeds, shape, size } from './operatorCase'

const epsilon = float(1e-3)

const softmax = (op: string) =>
  fc
    .record({ dims: shape(1), seed: seeds, at: fc.nat(3), back: fc.boolean(), named: fc.boolean() })
    .map(({ dims, seed, at, back, named }): OperatorCase => {
      const inputs = { x: numbers(dims, seed, -3, 3) }
      const axis = at % dims.length
      return {
        inputs,
        build: (b, { x }) => b.op(op, [x], { axis: int(back ? axis - dims.length : axis) }),
        ...batchNames(inputs, named),
      }
    })

/** Sizes of 3 and more: one or two elements always normalize to the same, so that their gradient is rounding only. */
const wide = (min: number, max: number) =>
  fc.array(fc.integer({ min: 3, max: 5 }), { minLength: min, maxLength: max })

const overTrailing = (op: string, opset: number, biased: boolean) =>
  fc
    .record({ dims: wide(1, 3), seed: seeds, at: fc.nat(2), bias: fc.boolean(), named: fc.boolean() })
    .map(({ dims, seed, at, bias, named }): OperatorCase => {
      const axis = at % dims.length
      const inputs = {
        x: numbers(dims, seed),
        scale: numbers(dims.slice(axis), seed + 1, 0.5, 1.5),
        ...(bias && biased ? { bias: numbers(dims.slice(axis), seed + 2) } : {}),
      }
      return {
        inputs,
        build: (b, { x, scale, bias }) =>
          b.op(op, bias ? [x, scale, bias] : [x, scale], { axis: int(axis - dims.length), epsilon }),
        opset,
        ...(named && axis > 0 ? { dims: { x: dims.map((d, i) => (i < axis ? `n${i}` : d)) } } : {}),
      }
    })

const batch = fc
  .record({ dims: shape(2, 4, 3), seed: seeds, named: fc.boolean() })
  .map(({ dims, seed, named }): OperatorCase => {
    const channels = [dims[1]!]
    return {
      inputs: {
        x: numbers(dims, seed),
        scale: numbers(channels, seed + 1, 0.5, 1.5),
        bias: numbers(channels, seed + 2),
        mean: numbers(channels, seed + 3),
        variance: numbers(channels, seed + 4, 0.5, 2),
      },
      build: (b, v) => b.op('BatchNormalization', Object.values(v), { epsilon }),
      ...(named ? { dims: { x: ['B', ...dims.slice(1)] } } : {}),
    }
  })

const instance = fc
  .record({ dims: wide(3, 4), seed: seeds, named: fc.boolean() })
  .map(({ dims, seed, named }): OperatorCase => ({
    inputs: {
      x: numbers(dims, seed),
      scale: numbers([dims[1]!], seed + 1, 0.5, 1.5),
      bias: numbers([dims[1]!], seed + 2),
    },
    build: (b, v) => b.op('InstanceNormalization', Object.values(v), { epsilon }),
    ...(named ? { dims: { x: ['B', ...dims.slice(1)] } } : {}),
  }))

const group = (opset: number) =>
  fc
    .record({
      batch: size(),
      groups: size(3),
      width: fc.integer({ min: 3, max: 4 }),
      spatial: shape(1, 2, 3),
      seed: seeds,
      named: fc.boolean(),
    })
    .map(({ batch, groups, width, spatial, seed, named }): OperatorCase => {
      const vector = [opset < 21 ? groups : groups * width]
      const dims = [batch, groups * width, ...spatial]
      return {
        inputs: {
          x: numbers(dims, seed),
          scale: numbers(vector, seed + 1, 0.5, 1.5),
          bias: numbers(vector, seed + 2),
        },
        build: (b, v) => b.op('GroupNormalization', Object.values(v), { num_groups: int(groups), epsilon }),
        opset,
        ...(named ? { dims: { x: ['B', ...dims.slice(1)] } } : {}),
      }
    })

export const normalizationCases: Cases = {
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
  LayerNormalization: overTrailing('LayerNormalization', 17, true),
  RMSNormalization: overTrailing('RMSNormalization', 23, false),
  SimplifiedLayerNormalization: overTrailing('SimplifiedLayerNormalization', 17, false),
  BatchNormalization: batch,
  InstanceNormalization: instance,
  'GroupNormalization of operator set 18': group(18),
  'GroupNormalization of operator set 21': group(21),
}
