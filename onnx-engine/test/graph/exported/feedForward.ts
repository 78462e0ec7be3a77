import { float, int, int64s, ints } from '../../../src/index'
import type { OperatorCase } from '../operators/operatorCase'
import { numbers } from '../operators/operatorCase'
import { Exporter } from './exporter'

const STEP = 2e-5

/** torch.nn.Sequential(Linear, ReLU, Linear, Tanh, Linear) by the older exporter. */
export const multiLayerPerceptron = (seed: number): OperatorCase => ({
  inputs: {
    input: numbers([3, 5], seed),
    'fc1.weight': numbers([6, 5], seed + 1),
    'fc1.bias': numbers([6], seed + 2),
    'fc2.weight': numbers([4, 6], seed + 3),
    'fc2.bias': numbers([4], seed + 4),
    'fc3.weight': numbers([2, 4], seed + 5),
    'fc3.bias': numbers([2], seed + 6),
  },
  dims: { input: ['batch', 5] },
  step: STEP,
  build: (b, v) => {
    const e = new Exporter(b)
    const layer = (name: string, x: ReturnType<typeof e.node>) =>
      e.in(`/${name}`).linear(x, v[`${name}.weight`]!, v[`${name}.bias`]!)
    const hidden = e.in('/act1').node('Relu', [layer('fc1', v['input']!)])
    return layer('fc3', e.in('/act2').node('Tanh', [layer('fc2', hidden)]))
  },
})

/** The same kind of network over sequences by the newer exporter: weights transposed in the graph, MatMul and Add. */
export const sequencePerceptron = (seed: number): OperatorCase => ({
  inputs: {
    x: numbers([2, 3, 4], seed),
    'up.weight': numbers([5, 4], seed + 1),
    'up.bias': numbers([5], seed + 2),
    'down.weight': numbers([3, 5], seed + 3),
  },
  dims: { x: ['s77', 's53', 4] },
  opset: 20,
  build: (b, v) => {
    const product = (x: ReturnType<typeof b.matMul>, name: string) =>
      b.matMul(x, b.op('Transpose', [v[name]], { perm: ints([1, 0]) }))
    return product(b.op('Gelu', [b.add(product(v['x']!, 'up.weight'), v['up.bias']!)]), 'down.weight')
  },
})

const window = (kernel: number, pad: number, stride = 1, dilation = 1) => ({
  kernel_shape: ints([kernel, kernel]),
  pads: ints([pad, pad, pad, pad]),
  strides: ints([stride, stride]),
  dilations: ints([dilation, dilation]),
})

/** Conv, BatchNorm, ReLU and pools of all kinds, grouped and strided convolutions, then a linear layer. */
export const convolutionalNetwork = (seed: number): OperatorCase => ({
  inputs: {
    image: numbers([2, 2, 9, 8], seed),
    'conv1.weight': numbers([4, 2, 3, 3], seed + 1),
    'conv1.bias': numbers([4], seed + 2),
    'bn1.weight': numbers([4], seed + 3, 0.5, 1.5),
    'bn1.bias': numbers([4], seed + 4),
    'conv2.weight': numbers([4, 2, 3, 3], seed + 5),
    'conv3.weight': numbers([4, 1, 2, 2], seed + 6),
    'conv3.bias': numbers([4], seed + 7),
    'fc.weight': numbers([3, 16], seed + 8),
    'fc.bias': numbers([3], seed + 9),
  },
  dims: { image: ['batch_size', 2, 9, 8] },
  step: STEP,
  build: (b, v) => {
    const e = new Exporter(b)
    const mean = b.initializer('bn1.running_mean', numbers([4], seed + 10))
    const variance = b.initializer('bn1.running_var', numbers([4], seed + 11, 0.5, 2))
    const first = e
      .in('/conv1')
      .node('Conv', [v['image'], v['conv1.weight'], v['conv1.bias']], { ...window(3, 1), group: int(1) })
    const normal = e
      .in('/bn1')
      .node('BatchNormalization', [first, v['bn1.weight'], v['bn1.bias'], mean, variance], {
        epsilon: float(1e-5),
        momentum: float(0.9),
        training_mode: int(0),
      })
    const pooled = e
      .in('/pool1')
      .node('MaxPool', [e.in('/relu').node('Relu', [normal])], { ...window(2, 0, 2), ceil_mode: int(1) })
    const grouped = e
      .in('/conv2')
      .node('Conv', [pooled, v['conv2.weight']], { ...window(3, 2, 1, 2), group: int(2) })
    const depthwise = e
      .in('/conv3')
      .node(
        'Conv',
        [
          e.in('/act').node('LeakyRelu', [grouped], { alpha: float(0.1) }),
          v['conv3.weight'],
          v['conv3.bias'],
        ],
        {
          ...window(2, 1, 2),
          group: int(4),
        },
      )
    const { dilations: _, ...average } = window(2, 0, 1)
    const averaged = e
      .in('/pool2')
      .node('AveragePool', [depthwise], { ...average, ceil_mode: int(0), count_include_pad: int(1) })
    const flat = e.in('/flatten').node('Flatten', [averaged], { axis: int(1) })
    return e.in('/fc').linear(flat, v['fc.weight']!, v['fc.bias']!)
  },
})

/** A 1-D network with global pooling, GroupNorm as PyTorch decomposes it, and Hardswish. */
export const waveNetwork = (seed: number): OperatorCase => ({
  inputs: {
    wave: numbers([2, 2, 11], seed),
    'conv.weight': numbers([6, 2, 3], seed + 1),
    'conv.bias': numbers([6], seed + 2),
    'norm.weight': numbers([6], seed + 3, 0.5, 1.5),
    'norm.bias': numbers([6], seed + 4),
    'head.weight': numbers([2, 6, 1], seed + 5),
  },
  dims: { wave: ['batch', 2, 'time'] },
  step: STEP,
  build: (b, v) => {
    const e = new Exporter(b)
    const y = e.in('/conv').node('Conv', [v['wave'], v['conv.weight'], v['conv.bias']], {
      dilations: ints([2]),
      group: int(1),
      kernel_shape: ints([3]),
      pads: ints([3, 1]),
      strides: ints([2]),
    })
    e.in('/norm')
    const shape = e.node('Shape', [y])
    const grouped = e.node('Reshape', [y, e.constant(int64s([0, 3, -1]))])
    const ones = b.initializer('ones', { dtype: 'float32', dims: [3], data: Float32Array.of(1, 1, 1) })
    const zeros = b.initializer('zeros', { dtype: 'float32', dims: [3], data: new Float32Array(3) })
    const normal = e.node('InstanceNormalization', [grouped, ones, zeros], { epsilon: float(1e-3) })
    const back = e.node('Reshape', [normal, shape])
    const axis = e.constant([1])
    const scaled = e.node('Add', [
      e.node('Mul', [back, e.node('Unsqueeze', [v['norm.weight'], axis])]),
      e.node('Unsqueeze', [v['norm.bias'], axis]),
    ])
    const active = e.in('/act').node('HardSwish', [scaled])
    const head = e.in('/head').node('Conv', [active, v['head.weight']], { kernel_shape: ints([1]) })
    return e.in('/pool').node('GlobalAveragePool', [head])
  },
})
