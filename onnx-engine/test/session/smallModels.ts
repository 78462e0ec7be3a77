import { encodeModel } from '../../src/model/encode'
import type { Model } from '../../src/model/types'

function oneNode(opType: string): Model {
  const value = (name: string) => ({ name, dtype: 'float32' as const, dims: ['n'] })
  return {
    irVersion: 10,
    opset: 21,
    producer: 'test',
    metadata: {},
    graph: {
      name: 'small',
      nodes: [{ opType, name: 'node', inputs: ['x', 'y'], outputs: ['z'], attributes: {} }],
      inputs: [value('x'), value('y')],
      outputs: [value('z')],
      initializers: new Map(),
    },
  }
}

/** z = x + y over vectors. */
export const addition = encodeModel(oneNode('Add'))

/** A model that ONNX Runtime refuses to load. */
export const unknownOperator = encodeModel(oneNode('NoSuchOperator'))
