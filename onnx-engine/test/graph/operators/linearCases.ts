import fc from 'fast-check'
import { float, int, ints, string } from '../../../src/index'
import type { Attributes } from '../../../src/index'
import type { Cases, OperatorCase } from './operatorCase'
import { numbers, seeds, shape, size } from './operatorCase'

const flag = fc.integer({ min: 0, max: 1 })
const factor = fc.constantFrom(1, 0.5, -2)

const matMul = fc
  .record({
    batch: shape(0, 2, 3),
    left: fc.constantFrom('whole', 'none', 'ones'),
    right: fc.constantFrom('whole', 'none', 'ones'),
    sizes: fc.tuple(size(), size(), size()),
    vectors: fc.tuple(fc.boolean(), fc.boolean()),
    seed: seeds,
    named: fc.boolean(),
  })
  .map(({ batch, left, right, sizes: [rows, inner, columns], vectors, seed, named }): OperatorCase => {
    const lead = (kind: string): number[] =>
      kind === 'whole' ? batch : kind === 'ones' ? batch.map(() => 1) : []
    const a = vectors[0] ? [inner] : [...lead(left), rows, inner]
    const b = vectors[1] ? [inner] : [...lead(right), inner, columns]
    const free = !vectors[0] && (left === 'whole' || right !== 'whole')
    return {
      inputs: { a: numbers(a, seed), b: numbers(b, seed + 1) },
      build: (g, v) => g.matMul(v['a']!, v['b']!),
      ...(named && free && a.length > 1
        ? { dims: { a: a.map((d, i) => (i < a.length - 1 && d > 1 ? `N${i}` : d)) } }
        : {}),
    }
  })

const gemm = fc
  .record({
    sizes: fc.tuple(size(), size(), size()),
    transA: flag,
    transB: flag,
    alpha: factor,
    beta: factor,
    bias: fc.constantFrom('none', 'row', 'scalar', 'column', 'matrix', 'one'),
    seed: seeds,
    named: fc.boolean(),
  })
  .map(({ sizes: [rows, inner, columns], transA, transB, alpha, beta, bias, seed, named }): OperatorCase => {
    const c = { none: [], row: [columns], scalar: [], column: [rows, 1], matrix: [rows, columns], one: [1] }[
      bias
    ]
    const a = transA ? [inner, rows] : [rows, inner]
    const inputs = {
      a: numbers(a, seed),
      b: numbers(transB ? [columns, inner] : [inner, columns], seed + 1),
      ...(bias === 'none' ? {} : { c: numbers(c!, seed + 2) }),
    }
    const attributes = { transA: int(transA), transB: int(transB), alpha: float(alpha), beta: float(beta) }
    return {
      inputs,
      build: (g, v) => g.op('Gemm', [v['a'], v['b'], ...(v['c'] ? [v['c']] : [])], attributes),
      ...(named ? { dims: { a: transA ? [inner, 'B'] : ['B', inner] } } : {}),
    }
  })

/** Sizes by letter; the equations are those of attention, bilinear layers and reductions. */
const einsum = fc
  .record({
    equation: fc.constantFrom<string[]>(
      ['ij,jk->ik', 'ij', 'jk'],
      ['bhqd,bhkd->bhqk', 'bhqd', 'bhkd'],
      ['bhqk,bkhd->bqhd', 'bhqk', 'bkhd'],
      ['...ij,jk->...ik', 'bhij', 'jk'],
      ['...d,...d->...', 'bqd', 'bqd'],
      ['bi,oij,bj->bo', 'bi', 'oij', 'bj'],
      ['i,j->ij', 'i', 'j'],
      ['bij->bi', 'bij'],
      ['bij->jbi', 'bij'],
      ['ij,ik', 'ij', 'ik'],
    ),
    seed: seeds,
    sizes: fc.array(size(3), { minLength: 12, maxLength: 12 }),
  })
  .map(({ equation: [equation, ...terms], seed, sizes }): OperatorCase => {
    const letters = [...new Set(terms.join(''))]
    const dims = (term: string): number[] => [...term].map(letter => sizes[letters.indexOf(letter)]!)
    const inputs = Object.fromEntries(terms.map((term, i) => [`x${i}`, numbers(dims(term), seed + i)]))
    return { inputs, build: (g, v) => g.op('Einsum', Object.values(v), { equation: string(equation!) }) }
  })

interface WindowDraw {
  readonly kernel: number[]
  readonly strides: number[]
  readonly dilations: number[]
  readonly pads: number[]
  readonly spatial: number[]
  readonly auto: string
}

/** Windows that fit into their input. */
export const windows = (dilated = true): fc.Arbitrary<WindowDraw> =>
  fc.integer({ min: 1, max: 2 }).chain(rank => {
    const each = (max: number, min = 1) =>
      fc.array(fc.integer({ min, max }), { minLength: rank, maxLength: rank })
    return fc
      .record({
        kernel: each(3),
        strides: each(3),
        dilations: dilated ? each(2) : fc.constant(Array.from({ length: rank }, () => 1)),
        begin: each(2, 0),
        end: each(2, 0),
        room: each(4, 0),
        auto: fc.constantFrom('NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
      })
      .map(({ kernel, strides, dilations, begin, end, room, auto }) => ({
        kernel,
        // ONNX Runtime refuses SAME where windows leave elements out.
        strides: auto.startsWith('SAME') ? strides.map((s, i) => Math.min(s, kernel[i]!)) : strides,
        dilations,
        // A pool may not pad by as much as its kernel.
        pads: [...begin, ...end].map((count, i) => Math.min(count, kernel[i % rank]! - 1)),
        spatial: kernel.map((k, i) => (k - 1) * dilations[i]! + 1 + room[i]!),
        auto,
      }))
  })

export const windowAttributes = ({ kernel, strides, dilations, pads, auto }: WindowDraw): Attributes => ({
  kernel_shape: ints(kernel),
  strides: ints(strides),
  dilations: ints(dilations),
  ...(auto === 'NOTSET' ? { pads: ints(pads) } : { auto_pad: string(auto) }),
})

const convolution = fc
  .record({
    window: windows(),
    sizes: fc.tuple(size(3), size(2), size(2), fc.integer({ min: 1, max: 3 })),
    bias: fc.boolean(),
    seed: seeds,
    named: fc.constantFrom('none', 'batch', 'all'),
  })
  .map(({ window, sizes: [batch, width, outputs, group], bias, seed, named }): OperatorCase => {
    // ONNX Runtime has no dilated windows with auto_pad.
    const one = window.auto === 'NOTSET' ? window : { ...window, dilations: window.kernel.map(() => 1) }
    const { kernel, spatial } = one
    const x = [batch, group * width, ...spatial]
    const inputs = {
      x: numbers(x, seed),
      w: numbers([group * outputs, width, ...kernel], seed + 1),
      ...(bias ? { c: numbers([group * outputs], seed + 2) } : {}),
    }
    const open = named === 'all' && !one.auto.startsWith('SAME')
    const names = ['B', group * width, ...spatial.map((d, i) => (open ? `S${i}` : d))]
    return {
      inputs,
      build: (g, v) =>
        g.op('Conv', [v['x'], v['w'], ...(v['c'] ? [v['c']] : [])], {
          ...windowAttributes(one),
          group: int(group),
        }),
      ...(named === 'none' ? {} : { dims: { x: names } }),
    }
  })

const transposed = fc
  .record({
    window: windows(),
    sizes: fc.tuple(size(2), size(2), size(2), fc.integer({ min: 1, max: 2 })),
    bias: fc.boolean(),
    extra: fc.boolean(),
    seed: seeds,
  })
  .map(({ window, sizes: [batch, width, outputs, group], bias, extra, seed }): OperatorCase => {
    const { kernel, strides } = window
    const one = {
      ...window,
      auto: 'NOTSET',
      pads: window.pads.map((p, i) => Math.min(p, kernel[i % kernel.length]! - 1)),
    }
    const inputs = {
      x: numbers([batch, group * width, ...kernel.map((_, i) => 2 + i)], seed),
      w: numbers([group * width, outputs, ...kernel], seed + 1),
      ...(bias ? { c: numbers([group * outputs], seed + 2) } : {}),
    }
    const padding = { output_padding: ints(strides.map(s => s - 1)) }
    return {
      inputs,
      build: (g, v) =>
        g.op('ConvTranspose', [v['x'], v['w'], ...(v['c'] ? [v['c']] : [])], {
          ...windowAttributes(one),
          group: int(group),
          ...(extra ? padding : {}),
        }),
    }
  })

export const linearCases: Cases = {
  MatMul: matMul,
  Gemm: gemm,
  Einsum: einsum,
  Conv: convolution,
  ConvTranspose: transposed,
}
