import fc from 'fast-check'
import type { Value } from '../../../src/index'
import type { GraphBuilder } from '../../../src/index'
import { int, string } from '../../../src/index'
import type { Cases, OperatorCase } from './operatorCase'
import { batchNames, numbers, seeds, shape, size } from './operatorCase'

const plain = (
  more: fc.Arbitrary<{ dims: number[]; build: (b: GraphBuilder, x: Value) => Value; opset?: number }>,
) =>
  fc
    .record({ drawn: more, seed: seeds, named: fc.boolean() })
    .map(({ drawn: { dims, build, opset }, seed, named }): OperatorCase => {
      const inputs = { x: numbers(dims, seed) }
      // What follows depends on the place of every element.
      const scaled = (b: GraphBuilder, { x }: Record<string, Value>): Value => build(b, b.mul(x!, x!))
      return { inputs, build: scaled, ...batchNames(inputs, named), ...(opset ? { opset } : {}) }
    })

const reshape = plain(
  fc
    .record({ dims: shape(1), mode: fc.constantFrom('flat', 'zero', 'full', 'pairs') })
    .map(({ dims, mode }) => ({
      dims,
      build: (b: GraphBuilder, x: Value) => {
        if (mode === 'flat') return b.reshape(x, [-1])
        if (mode === 'zero') return b.reshape(x, [0, -1])
        if (mode === 'pairs') return b.reshape(x, [-1, ...dims.slice(1), 1])
        return b.op('Reshape', [b.reshape(x, [-1]), b.shape(x)])
      },
    })),
)

const transpose = plain(
  shape(1).chain(dims =>
    fc
      .shuffledSubarray(
        dims.map((_, i) => i),
        { minLength: dims.length },
      )
      .map(order => ({
        dims,
        build: (b: GraphBuilder, x: Value) => b.transpose(x, order),
      })),
  ),
)

const axesOf = (rank: number) =>
  fc.subarray(
    Array.from({ length: rank }, (_, i) => i),
    { minLength: 1 },
  )

const squeeze = plain(
  shape(1).chain(dims =>
    axesOf(dims.length).map(axes => ({
      dims: dims.map((d, i) => (axes.includes(i) ? 1 : d)),
      build: (b: GraphBuilder, x: Value) =>
        b.squeeze(
          x,
          axes.map(axis => axis - dims.length),
        ),
    })),
  ),
)

const unsqueeze = plain(
  shape(1, 3).chain(dims =>
    fc
      .subarray(
        Array.from({ length: dims.length + 2 }, (_, i) => i),
        { minLength: 2, maxLength: 2 },
      )
      .map(axes => ({
        dims,
        build: (b: GraphBuilder, x: Value) => b.unsqueeze(x, axes),
      })),
  ),
)

const slice = fc
  .record({
    dims: shape(1, 3, 5),
    seed: seeds,
    bounds: fc.array(
      fc.tuple(
        fc.integer({ min: -7, max: 7 }),
        fc.integer({ min: -9, max: 9 }),
        fc.constantFrom(1, 1, 2, -1, -2),
      ),
      { minLength: 3, maxLength: 3 },
    ),
    open: fc.boolean(),
    named: fc.boolean(),
  })
  .map(({ dims, seed, bounds, open, named }): OperatorCase => {
    const inputs = { x: numbers(dims, seed) }
    const list = (i: 0 | 1 | 2): number[] => dims.map((_, axis) => bounds[axis]![i])
    // The last 7 of an axis whose size is a name are taken to be 7, and its second element to be there.
    const starts = list(0).map((start, axis) =>
      named && axis === 0 ? Math.min(Math.max(start, -dims[0]!), dims[0]! - 1) : start,
    )
    const ends = list(1).map((end, i) => (open ? (list(2)[i]! > 0 ? 2 ** 31 - 1 : -(2 ** 31)) : end))
    return {
      inputs,
      build: (b, { x }) => {
        const parts = [starts, ends, dims.map((_, i) => i - dims.length), list(2)]
        const cut = b.op('Slice', [b.mul(x!, x!), ...parts.map(part => b.shapeConstant(part))])
        // An empty slice has no gradient to look at.
        return b.concat([b.reshape(cut, [-1]), b.reshape(x!, [-1])], 0)
      },
      ...batchNames(inputs, named),
    }
  })

const split = plain(
  fc
    .record({
      parts: fc.array(size(3), { minLength: 1, maxLength: 3 }),
      rest: shape(0, 2),
      form: fc.constantFrom('input', 'even', 'count'),
    })
    .map(({ parts, rest, form }) => {
      const even = form === 'input' ? parts : parts.map(() => 2)
      return {
        dims: [...rest, even.reduce((a, b) => a + b, 0)],
        ...(form === 'count' ? { opset: 18 } : {}),
        build: (b: GraphBuilder, x: Value) => {
          const axis = int(-1)
          const outputs =
            form === 'input'
              ? b.split(x, parts, rest.length)
              : b.op(
                  'Split',
                  [x],
                  form === 'count' ? { axis, num_outputs: int(parts.length) } : { axis },
                  parts.length,
                )
          return b.concat([...outputs].reverse(), rest.length)
        },
      }
    }),
)

const concat = fc
  .record({
    sizes: fc.array(size(3), { minLength: 1, maxLength: 3 }),
    rest: shape(0, 2),
    seed: seeds,
    named: fc.boolean(),
  })
  .map(({ sizes, rest, seed, named }): OperatorCase => ({
    inputs: Object.fromEntries(sizes.map((d, i) => [`x${i}`, numbers([d, ...rest], seed + i)])),
    build: (b, v) => b.concat(Object.values(v), -1 - rest.length),
    ...(named ? { dims: Object.fromEntries(sizes.map((_, i) => [`x${i}`, [`n${i}`, ...rest]])) } : {}),
  }))

const pad = plain(
  fc
    .record({
      dims: shape(1, 3),
      counts: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 6, maxLength: 6 }),
      chosen: fc.boolean(),
    })
    .map(({ dims, counts, chosen }) => {
      const rank = dims.length
      const pads = counts
        .slice(0, 2 * rank)
        .map((count, i) => (dims[i % rank]! > 2 ? count : Math.max(0, count)))
      return {
        dims,
        ...(chosen ? { opset: 18 } : {}),
        build: (b: GraphBuilder, x: Value) =>
          chosen
            ? b.op('Pad', [x, b.shapeConstant([pads[0]!, pads[rank]!]), undefined, b.shapeConstant([0])])
            : b.op('Pad', [x, b.shapeConstant(pads), b.constant(0.5)]),
      }
    }),
)

const expand = plain(
  fc
    .record({
      dims: shape(1, 3),
      ones: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
      lead: shape(0, 1),
    })
    .map(({ dims, ones, lead }) => ({
      dims: dims.map((d, i) => (ones[i] ? 1 : d)),
      build: (b: GraphBuilder, x: Value) => b.expand(x, [...lead, ...dims]),
    })),
)

const tile = plain(
  fc
    .record({ dims: shape(1, 3), repeats: fc.array(size(3), { minLength: 3, maxLength: 3 }) })
    .map(({ dims, repeats }) => ({
      dims,
      build: (b: GraphBuilder, x: Value) => b.op('Tile', [x, b.shapeConstant(repeats.slice(0, dims.length))]),
    })),
)

const flatten = plain(
  shape(1).chain(dims =>
    fc.integer({ min: -dims.length, max: dims.length }).map(axis => ({
      dims,
      build: (b: GraphBuilder, x: Value) => b.op('Flatten', [x], { axis: int(axis) }),
    })),
  ),
)

const copyingPad = plain(
  fc
    .record({
      dims: fc.array(fc.integer({ min: 5, max: 6 }), { minLength: 2, maxLength: 3 }),
      counts: fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 6, maxLength: 6 }),
      mode: fc.constantFrom('reflect', 'edge', 'wrap'),
    })
    .map(({ dims, counts, mode }) => ({
      dims,
      // Not of the samples.
      build: (b: GraphBuilder, x: Value) => {
        const side = (from: number): number[] => dims.map((_, i) => (i === 0 ? 0 : counts[from + i - 1]!))
        return b.op('Pad', [x, b.shapeConstant([...side(0), ...side(3)])], { mode: string(mode) })
      },
      opset: mode === 'wrap' ? 19 : 18,
    })),
)

const blocks = (op: string) =>
  plain(
    fc
      .record({
        sizes: fc.tuple(size(2), size(2), size(2), size(2)),
        block: size(3),
        mode: fc.constantFrom('DCR', 'CRD'),
      })
      .map(({ sizes: [batch, channels, height, width], block, mode }) => {
        const isToSpace = op === 'DepthToSpace'
        return {
          dims: isToSpace
            ? [batch, channels * block ** 2, height, width]
            : [batch, channels, height * block, width * block],
          build: (b: GraphBuilder, x: Value) =>
            b.op(op, [x], { blocksize: int(block), ...(isToSpace && { mode: string(mode) }) }),
        }
      }),
  )

export const layoutCases: Cases = {
  'Pad by copies': copyingPad,
  DepthToSpace: blocks('DepthToSpace'),
  SpaceToDepth: blocks('SpaceToDepth'),
  Reshape: reshape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Slice: slice,
  Split: split,
  Concat: concat,
  Pad: pad,
  Expand: expand,
  Tile: tile,
  Flatten: flatten,
}
