import type { Value } from '../../../src/index'
import { float, int, ints, scalar, tensor, tensorAttribute } from '../../../src/index'
import type { OperatorCase } from '../operators/operatorCase'
import { indices, numbers } from '../operators/operatorCase'
import { Exporter } from './exporter'

const [VOCAB, WIDTH, HEADS, LENGTH, BATCH] = [7, 8, 2, 4, 2]
const HEAD = WIDTH / HEADS
const small = (dims: number[], seed: number) => numbers(dims, seed, -0.8, 0.8)

/** LayerNorm in the nine nodes of operator sets below 17. */
function decomposedLayerNorm(e: Exporter, x: Value, weight: Value, bias: Value): Value {
  const attributes = { axes: ints([-1]) }
  const centred = e.node('Sub', [x, e.node('ReduceMean', [x], attributes)])
  const variance = e.node('ReduceMean', [e.binary('Pow', centred, 2)], attributes)
  const normal = e.node('Div', [centred, e.node('Sqrt', [e.binary('Add', variance, 1e-5)])])
  return e.node('Add', [e.node('Mul', [normal, weight]), bias])
}

/** GELU as it is written before operator set 20. */
function decomposedGelu(e: Exporter, x: Value): Value {
  const erf = e.node('Erf', [e.binary('Div', x, Math.SQRT2)])
  return e.binary('Mul', e.node('Mul', [x, e.binary('Add', erf, 1)]), 0.5)
}

/** A pre-LN causal transformer block of the older exporter, batch and length symbolic. */
export const decomposedTransformer = (seed: number): OperatorCase => ({
  inputs: {
    ids: indices([BATCH, LENGTH], seed, VOCAB),
    'tok.weight': small([VOCAB, WIDTH], seed),
    'pos.weight': small([LENGTH + 2, WIDTH], seed + 1),
    'ln1.weight': numbers([WIDTH], seed + 2, 0.5, 1.5),
    'ln1.bias': small([WIDTH], seed + 3),
    'onnx::MatMul_1': small([WIDTH, 3 * WIDTH], seed + 4),
    'qkv.bias': small([3 * WIDTH], seed + 5),
    'onnx::MatMul_2': small([WIDTH, WIDTH], seed + 6),
    'onnx::MatMul_3': small([WIDTH, 2 * WIDTH], seed + 7),
    'onnx::MatMul_4': small([2 * WIDTH, WIDTH], seed + 8),
    'ln2.weight': numbers([WIDTH], seed + 9, 0.5, 1.5),
    'ln2.bias': small([WIDTH], seed + 10),
  },
  dims: { ids: ['batch', 'sequence'] },
  build: (b, v) => {
    const e = new Exporter(b).in('/embed')
    const ids = v['ids']!
    const [batch, length] = [e.size(ids, 0), e.size(ids, 1)]
    const steps = e.node('Range', [e.index(0), e.node('Cast', [length], { to: int(7) }), e.index(1)])
    const x = e.node('Add', [
      e.node('Gather', [v['tok.weight'], ids]),
      e.node('Unsqueeze', [e.node('Gather', [v['pos.weight'], steps]), e.constant([0])]),
    ])
    const normal = decomposedLayerNorm(e.in('/ln1'), x, v['ln1.weight']!, v['ln1.bias']!)
    e.in('/attn')
    const qkv = e.node('Add', [v['qkv.bias'], e.node('MatMul', [normal, v['onnx::MatMul_1']])])
    const parted = e.node('Reshape', [qkv, e.sizes(batch, length, 3, HEADS, HEAD)])
    const swapped = e.node('Transpose', [parted], { perm: ints([2, 0, 3, 1, 4]) })
    const [q, k, value] = [0, 1, 2].map(i => e.node('Gather', [swapped, e.index(i)], { axis: int(0) }))
    const scores = e.binary(
      'Div',
      e.node('MatMul', [q, e.node('Transpose', [k], { perm: ints([0, 1, 3, 2]) })]),
      Math.sqrt(HEAD),
    )
    const ones = e.node('ConstantOfShape', [e.sizes(length, length)], {
      value: tensorAttribute(tensor('float32', [1], [1])),
    })
    const visible = e.node('Trilu', [ones], { upper: int(0) })
    const hidden = e.node('Equal', [visible, e.constant(0)])
    const masked = e.node('Where', [hidden, e.constant(-Infinity), scores])
    const mixed = e.node('MatMul', [e.node('Softmax', [masked], { axis: int(-1) }), value])
    const joined = e.node('Reshape', [
      e.node('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) }),
      e.sizes(batch, length, WIDTH),
    ])
    const attended = e.node('Add', [x, e.node('MatMul', [joined, v['onnx::MatMul_2']])])
    const second = decomposedLayerNorm(e.in('/ln2'), attended, v['ln2.weight']!, v['ln2.bias']!)
    const up = decomposedGelu(e.in('/mlp'), e.node('MatMul', [second, v['onnx::MatMul_3']]))
    const out = e.node('Add', [attended, e.node('MatMul', [up, v['onnx::MatMul_4']])])
    return e.in('/head').node('MatMul', [out, e.node('Transpose', [v['tok.weight']], { perm: ints([1, 0]) })])
  },
})

/** x / sqrt(mean(x²) + ε)·w in the casts and nodes of a Llama. */
function rmsNorm(e: Exporter, x: Value, weight: Value): Value {
  const square = e.binary('Pow', e.node('Cast', [x], { to: int(1) }), 2)
  const mean = e.node('ReduceMean', [square, e.constant([-1])], { keepdims: int(1) })
  const inverse = e.node('Reciprocal', [e.node('Sqrt', [e.binary('Add', mean, 1e-5)])])
  return e.node('Mul', [weight, e.node('Mul', [x, inverse])])
}

/** (-second half, first half) */
function rotateHalf(e: Exporter, x: Value): Value {
  const cut = (from: number, to: number): Value =>
    e.node('Slice', [x, e.constant([from]), e.constant([to]), e.constant([3]), e.constant([1])])
  const negated = e.node('Neg', [cut(HEAD / 2, Number.MAX_SAFE_INTEGER)])
  return e.node('Concat', [negated, cut(0, HEAD / 2)], { axis: int(-1) })
}

/** RMSNorm, rotary positions, shared key heads and a gated MLP as the newer exporter writes them. */
export const rotaryTransformer = (seed: number): OperatorCase => ({
  inputs: {
    x: small([BATCH, LENGTH, WIDTH], seed),
    'norm.weight': numbers([WIDTH], seed + 1, 0.5, 1.5),
    'q.weight': small([WIDTH, WIDTH], seed + 2),
    'kv.weight': small([2 * HEAD, WIDTH], seed + 3),
    'o.weight': small([WIDTH, WIDTH], seed + 4),
    'gate.weight': small([WIDTH, WIDTH], seed + 5),
    'up.weight': small([WIDTH, WIDTH], seed + 6),
  },
  dims: { x: ['s0', 's1', WIDTH] },
  opset: 18,
  build: (b, v) => {
    const e = new Exporter(b).in('node')
    const x = v['x']!
    const project = (value: Value, name: string): Value =>
      e.node('MatMul', [value, e.node('Transpose', [v[`${name}.weight`]], { perm: ints([1, 0]) })])
    const start = { start: int(1), end: int(2) }
    const length = e.node('Squeeze', [e.node('Shape', [x], start)])
    const normal = rmsNorm(e, x, v['norm.weight']!)
    const heads = (value: Value, count: number): Value =>
      e.node('Transpose', [e.node('Reshape', [value, e.constant([0, 0, count, HEAD])])], {
        perm: ints([0, 2, 1, 3]),
      })
    const q = heads(project(normal, 'q'), HEADS)
    const [key, value] = e
      .nodes('Split', [project(normal, 'kv')], { axis: int(2), num_outputs: int(2) }, 2)
      .map(part => heads(part, 1))
    const frequencies = b.initializer('inv_freq', tensor('float32', [1, HEAD / 2, 1], [1, 0.1]))
    const steps = e.node('Range', [e.index(0), length, e.index(1)])
    const positions = e.node('Cast', [e.node('Unsqueeze', [steps, e.constant([0, 1])])], { to: int(1) })
    const angles = e.node('Transpose', [e.node('MatMul', [frequencies, positions])], {
      perm: ints([0, 2, 1]),
    })
    const both = e.node('Concat', [angles, angles], { axis: int(-1) })
    const [cos, sin] = ['Cos', 'Sin'].map(op => e.node('Unsqueeze', [e.node(op, [both]), e.constant([1])]))
    const rotate = (value: Value): Value =>
      e.node('Add', [e.node('Mul', [value, cos]), e.node('Mul', [rotateHalf(e, value), sin])])
    const shared = (one: Value): Value => {
      const wide = e.node('Expand', [
        e.node('Unsqueeze', [one, e.constant([2])]),
        e.node(
          'Concat',
          [
            e.node('Shape', [x], { start: int(0), end: int(1) }),
            e.constant([1, HEADS]),
            e.node('Shape', [x], start),
            e.constant([HEAD]),
          ],
          { axis: int(0) },
        ),
      ])
      return e.node('Reshape', [wide, e.constant([0, HEADS, -1, HEAD])], { allowzero: int(0) })
    }
    const turned = e.node('Transpose', [shared(rotate(key!))], { perm: ints([0, 1, 3, 2]) })
    const scores = e.binary('Mul', e.node('MatMul', [rotate(q), turned]), HEAD ** -0.5)
    const rows = e.node('Unsqueeze', [steps, e.constant([1])])
    const visible = e.node('LessOrEqual', [e.node('Unsqueeze', [steps, e.constant([0])]), rows])
    const mask = e.node('Where', [visible, e.constant(0), e.constant(-3.4028234663852886e38)])
    const attention = e.node('Softmax', [e.node('Add', [scores, mask])], { axis: int(-1) })
    const mixed = e.node('Transpose', [e.node('MatMul', [attention, shared(value!)])], {
      perm: ints([0, 2, 1, 3]),
    })
    const joined = e.node('Reshape', [mixed, e.constant([0, 0, WIDTH])])
    const attended = e.node('Add', [x, project(joined, 'o')])
    const gate = project(attended, 'gate')
    const silu = e.node('Mul', [gate, e.node('Sigmoid', [gate])])
    return e.node('Add', [attended, e.node('Mul', [silu, project(attended, 'up')])])
  },
})

/** An encoder layer with fused norms, Einsum attention and a mask of padding. */
export const fusedEncoder = (seed: number): OperatorCase => ({
  inputs: {
    x: small([BATCH, LENGTH, WIDTH], seed),
    padding: tensor('bool', [BATCH, LENGTH], [0, 0, 0, 1, 0, 0, 1, 1]),
    'ln.weight': numbers([WIDTH], seed + 1, 0.5, 1.5),
    'ln.bias': small([WIDTH], seed + 2),
    'in_proj.weight': small([WIDTH, 3 * WIDTH], seed + 3),
    'out.weight': small([WIDTH, 3], seed + 4),
  },
  dims: { x: ['N', 'L', WIDTH], padding: ['N', 'L'] },
  opset: 20,
  build: (b, v) => {
    const e = new Exporter(b).in('/layer')
    const [weight, bias] = [v['ln.weight'], v['ln.bias']]
    const normal = e.node('LayerNormalization', [v['x'], weight, bias], {
      axis: int(-1),
      epsilon: float(1e-5),
    })
    const packed = e.node('MatMul', [normal, v['in_proj.weight']])
    const parts = e.nodes('Split', [packed, e.constant([WIDTH, WIDTH, WIDTH])], { axis: int(-1) }, 3)
    const [q, k, value] = parts.map(part => e.node('Reshape', [part, e.constant([0, 0, HEADS, HEAD])]))
    const equation = (text: string) => ({ equation: { kind: 'string', value: text } as const })
    const scores = e.node('Einsum', [q, k], equation('bqhd,bkhd->bhqk'))
    const hidden = e.node('Unsqueeze', [v['padding'], e.constant([1, 2])])
    const masked = e.node('Where', [hidden, e.constant(scalar('float32', -1e9)), scores])
    const mixed = e.node(
      'Einsum',
      [e.node('Softmax', [masked], { axis: int(-1) }), value],
      equation('bhqk,bkhd->bqhd'),
    )
    const joined = e.node('Reshape', [mixed, e.constant([0, 0, -1])])
    const active = e.node('Gelu', [joined], { approximate: { kind: 'string', value: 'tanh' } })
    const pooled = e.node('ReduceMean', [active, e.constant([1])], { keepdims: int(0) })
    return e.node('LogSoftmax', [e.node('MatMul', [pooled, v['out.weight']])], { axis: int(-1) })
  },
})
