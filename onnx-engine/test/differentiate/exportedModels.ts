import type { Model, Tensor, Value } from '../../src/index'
import { CounterStream, GraphBuilder, elementCount, int, ints, tensor } from '../../src/index'

/** Normal numbers that depend on the name alone. */
export function drawn(name: string, dims: readonly number[], deviation = 0.4): Tensor {
  const random = new CounterStream('models', [name])
  const values = Array.from({ length: elementCount(dims) }, () => deviation * random.normal())
  return tensor('float32', dims, values)
}

/** Linear layers as torch.onnx.export writes them: Gemm with the weight transposed. */
export function mlp(batch: string | number = 'batch'): Model {
  const b = new GraphBuilder('mlp')
  const weight = (name: string, dims: number[]): Value => b.initializer(name, drawn(name, dims))
  const layer = (x: Value, name: string, inWidth: number, outWidth: number): Value =>
    b.op('Gemm', [x, weight(`${name}.weight`, [outWidth, inWidth]), weight(`${name}.bias`, [outWidth])], {
      transB: int(1),
    })
  const x = b.input('x', 'float32', [batch, 5])
  const hidden = b.op('Tanh', [layer(x, 'fc1', 5, 6)])
  b.output(layer(b.op('Relu', [hidden]), 'fc2', 6, 4), 'logits')
  return b.model()
}

/** Strides, padding, groups, inference normalisation and a flattened head. */
export function cnn(groups: number): Model {
  const b = new GraphBuilder('cnn')
  const weight = (name: string, dims: number[]): Value => b.initializer(name, drawn(name, dims))
  const square = { kernel_shape: ints([3, 3]), pads: ints([1, 1, 1, 1]) }
  const image = b.input('image', 'float32', ['batch', 3, 6, 6])
  const first = b.op('Conv', [image, weight('conv1.weight', [4, 3, 3, 3]), weight('conv1.bias', [4])], {
    ...square,
    strides: ints([2, 2]),
  })
  const variance = b.initializer('bn.running_var', tensor('float32', [4], [1, 2, 1, 0.5]))
  const scales = ['bn.weight', 'bn.bias', 'bn.running_mean'].map(name => weight(name, [4]))
  const normal = b.op('BatchNormalization', [first, ...scales, variance])
  const second = b.op(
    'Conv',
    [b.op('Sigmoid', [normal]), weight('conv2.weight', [6, 4 / groups, 3, 3]), weight('conv2.bias', [6])],
    { ...square, group: int(groups) },
  )
  const pooled = b.op('Flatten', [b.op('GlobalAveragePool', [b.op('Tanh', [second])])], { axis: int(1) })
  b.output(
    b.op('Gemm', [pooled, weight('fc.weight', [5, 6]), weight('fc.bias', [5])], { transB: int(1) }),
    'logits',
  )
  return b.model()
}

/** Linear layers over positions before samples, and over both in one axis, as nn.MultiheadAttention has them. */
export function sequenceFirst(): Model {
  const b = new GraphBuilder('sequence first')
  const weight = (name: string, dims: number[]): Value => b.initializer(name, drawn(name, dims))
  const turned = b.transpose(b.input('x', 'float32', ['B', 'T', 4]), [1, 0, 2])
  const product = b.matMul(turned, weight('onnx::MatMul_12', [4, 6]))
  const hidden = b.op('Tanh', [b.add(weight('a.bias', [6]), product)])
  const joined = b.op(
    'Gemm',
    [b.reshape(hidden, [-1, 6]), weight('b.weight', [5, 6]), weight('b.bias', [5])],
    {
      transB: int(1),
    },
  )
  const shape = b.concat([b.slice(b.shape(hidden), 0, 2, 0), b.shapeConstant([5])], 0)
  b.output(b.transpose(b.reshape(joined, shape), [1, 0, 2]), 'logits')
  return b.model()
}

/** Scores of every position of a sequence of any length: [B,T,3], or [B,3,T] as PyTorch's cross-entropy takes them. */
export function openLength(classAxis: 'last' | 'second'): Model {
  const b = new GraphBuilder('open')
  const x = b.input('x', 'float32', ['B', 'T', 4])
  const scores = b.matMul(b.op('Tanh', [x]), b.initializer('w', drawn('w', [4, 3])))
  b.output(classAxis === 'last' ? scores : b.transpose(scores, [0, 2, 1]), 'logits')
  return b.model()
}

/** The last state of nn.RNN over sequences of any length, and a head. */
export function recurrent(): Model {
  const transposed = { perm: ints([1, 0, 2]) }
  return {
    ...{ irVersion: 8, opset: 17, producer: 'pytorch', metadata: {} },
    graph: {
      name: 'main',
      inputs: [{ name: 'x', dtype: 'float32', dims: ['B', 'T', 4] }],
      outputs: [{ name: 'logits', dtype: 'float32', dims: ['B', 3] }],
      initializers: new Map([
        ['W', drawn('W', [1, 5, 4])],
        ['R', drawn('R', [1, 5, 5])],
        ['head', drawn('head', [5, 3])],
        ['zero', tensor('int64', [1], [0])],
      ]),
      nodes: [
        { opType: 'Transpose', name: 'a', inputs: ['x'], outputs: ['steps'], attributes: transposed },
        {
          ...{ opType: 'RNN', name: 'b', inputs: ['steps', 'W', 'R'], outputs: ['', 'last'] },
          attributes: { hidden_size: int(5) },
        },
        { opType: 'Squeeze', name: 'c', inputs: ['last', 'zero'], outputs: ['state'], attributes: {} },
        { opType: 'MatMul', name: 'd', inputs: ['state', 'head'], outputs: ['logits'], attributes: {} },
      ],
    },
  }
}
