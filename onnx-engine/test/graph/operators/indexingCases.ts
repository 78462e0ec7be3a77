import fc from 'fast-check'
import { int, string } from '../../../src/index'
import type { Cases, OperatorCase } from './operatorCase'
import { distinct, indices, numbers, seeds, shape, size } from './operatorCase'

const axisOf = (dims: readonly number[], at: number): number => at % dims.length

const gather = fc
  .record({
    dims: shape(1, 3),
    at: fc.nat(2),
    index: shape(0, 2),
    back: fc.boolean(),
    seed: seeds,
    named: fc.boolean(),
  })
  .map(({ dims, at, index, back, seed, named }): OperatorCase => {
    const axis = axisOf(dims, at)
    const drawn = indices(index, seed, dims[axis]!)
    const shifted = back
      ? { ...drawn, data: (drawn.data as BigInt64Array).map(i => i - BigInt(dims[axis]!)) }
      : drawn
    return {
      inputs: { x: numbers(dims, seed), i: shifted },
      build: (b, { x, i }) => b.op('Gather', [b.mul(x!, x!), i], { axis: int(axis) }),
      ...(named
        ? { dims: { x: dims.map((d, n) => (n === axis ? d : `n${n}`)), i: index.map((_, n) => `i${n}`) } }
        : {}),
    }
  })

const elementwise = fc
  .record({ dims: shape(1, 3), at: fc.nat(2), count: size(), seed: seeds })
  .map(({ dims, at, count, seed }) => {
    const axis = axisOf(dims, at)
    return { dims, axis, index: dims.map((d, i) => (i === axis ? count : d)), seed }
  })

const gatherElements = elementwise.map(({ dims, axis, index, seed }): OperatorCase => ({
  inputs: { x: numbers(dims, seed), i: indices(index, seed, dims[axis]!) },
  build: (b, { x, i }) => b.op('GatherElements', [b.mul(x!, x!), i], { axis: int(axis) }),
}))

/** Without a reduction, positions are written once: which of two writes wins is not defined. */
const scatterElements = fc
  .tuple(elementwise, fc.constantFrom('add', 'none'))
  .map(([{ dims, axis, index, seed }, reduction]): OperatorCase => {
    const one = reduction === 'none' ? index.map((d, i) => (i === axis ? 1 : d)) : index
    return {
      inputs: { x: numbers(dims, seed), i: indices(one, seed, dims[axis]!), u: numbers(one, seed + 1) },
      build: (b, { x, i, u }) =>
        b.op('ScatterElements', [x, i, u], { axis: int(axis), reduction: string(reduction) }),
    }
  })

const pointed = fc
  .record({ dims: shape(1, 3), depth: size(3), count: size(3), seed: seeds })
  .map(({ dims, depth, count, seed }) => ({
    dims,
    index: [count, Math.min(depth, dims.length)],
    updates: [count, ...dims.slice(Math.min(depth, dims.length))],
    seed,
    below: Math.min(...dims),
  }))

const gatherNd = pointed.map(({ dims, index, seed, below }): OperatorCase => ({
  inputs: { x: numbers(dims, seed), i: indices(index, seed, below) },
  build: (b, { x, i }) => b.op('GatherND', [b.mul(x!, x!), i]),
}))

const scatterNd = fc
  .tuple(pointed, fc.constantFrom('add', 'none'))
  .map(([{ dims, index, updates, seed, below }, reduction]): OperatorCase => {
    const one = reduction === 'none' ? 1 : index[0]!
    return {
      inputs: {
        x: numbers(dims, seed),
        i: indices([one, index[1]!], seed, below),
        u: numbers([one, ...updates.slice(1)], seed + 1),
      },
      build: (b, { x, i, u }) => b.op('ScatterND', [x, i, u], { reduction: string(reduction) }),
    }
  })

const oneHot = fc
  .record({ dims: shape(1, 2), depth: size(4), seed: seeds, at: fc.nat(2) })
  .map(({ dims, depth, seed, at }): OperatorCase => ({
    inputs: { i: indices(dims, seed, depth), values: numbers([2], seed) },
    build: (b, { i, values }) =>
      b.op(
        'OneHot',
        [i, b.constant({ dtype: 'int64', dims: [], data: BigInt64Array.of(BigInt(depth)) }), values],
        {
          axis: int(at % (dims.length + 1)),
        },
      ),
  }))

/** Cosines and sines need not be of any angle for the gradient. */
const rotary = fc
  .record({
    batch: size(2),
    heads: size(2),
    length: size(3),
    half: size(2),
    partial: fc.boolean(),
    interleaved: fc.integer({ min: 0, max: 1 }),
    flat: fc.boolean(),
    positions: fc.boolean(),
    seed: seeds,
  })
  .map(({ batch, heads, length, half, partial, interleaved, flat, positions, seed }): OperatorCase => {
    const head = 2 * half + (partial ? 2 : 0)
    const x = flat ? [batch, length, heads * head] : [batch, heads, length, head]
    const table = positions ? [5, half] : [batch, length, half]
    return {
      inputs: {
        x: numbers(x, seed),
        cos: numbers(table, seed + 1),
        sin: numbers(table, seed + 2),
        ...(positions ? { at: indices([batch, length], seed, 5) } : {}),
      },
      build: (b, v) =>
        b.op('RotaryEmbedding', Object.values(v), {
          interleaved: int(interleaved),
          ...(flat || partial ? { num_heads: int(heads) } : {}),
          ...(partial ? { rotary_embedding_dim: int(2 * half) } : {}),
        }),
      opset: 23,
    }
  })

const topK = fc
  .record({
    dims: shape(1, 3),
    at: fc.nat(2),
    part: fc.nat(3),
    largest: fc.integer({ min: 0, max: 1 }),
    seed: seeds,
  })
  .map(({ dims, at, part, largest, seed }): OperatorCase => {
    const axis = axisOf(dims, at)
    return {
      inputs: { x: distinct(dims, seed) },
      build: (b, { x }) => {
        const count = b.shapeConstant([1 + (part % dims[axis]!)])
        return b.op('TopK', [x, count], { axis: int(axis), largest: int(largest) }, 2)[0]!
      },
    }
  })

export const indexingCases: Cases = {
  TopK: topK,
  Gather: gather,
  GatherElements: gatherElements,
  ScatterElements: scatterElements,
  GatherND: gatherNd,
  ScatterND: scatterNd,
  OneHot: oneHot,
  RotaryEmbedding: rotary,
}
