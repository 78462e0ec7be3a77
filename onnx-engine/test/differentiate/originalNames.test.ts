import { expect } from 'chai'
import type { Model, Node } from '../../src/index'
import { passGraph } from '../../src/differentiate/graph/passGraph'
import { drawn } from './exportedModels'

/** One product after the other, by the paths of their nodes, each with the bias that is given for it. */
function chain(layers: readonly { readonly path: string; readonly bias?: string }[]): Model {
  const nodes = layers.flatMap(({ path, bias }, i): Node[] => {
    const [from, product, to] = [i === 0 ? 'x' : `h${i}`, `p${i + 1}`, `h${i + 1}`]
    const matMul = { opType: 'MatMul', name: path, inputs: [from, `onnx::MatMul_${i}`], attributes: {} }
    if (bias === undefined) return [{ ...matMul, outputs: [to] }]
    const add = { opType: 'Add', name: `${path}.add`, inputs: [bias, product], outputs: [to], attributes: {} }
    return [{ ...matMul, outputs: [product] }, add]
  })
  const weights = layers.map((_, i) => [`onnx::MatMul_${i}`, drawn(`w${i}`, [4, 4])] as const)
  const biases = layers.flatMap(({ bias }) => (bias === undefined ? [] : [[bias, drawn(bias, [4])] as const]))
  return {
    ...{ irVersion: 8, opset: 17, producer: 'pytorch', metadata: {} },
    graph: {
      name: 'main',
      inputs: [{ name: 'x', dtype: 'float32', dims: ['B', 4] }],
      outputs: [{ name: `h${layers.length}`, dtype: 'float32', dims: ['B', 4] }],
      initializers: new Map([...weights, ...biases]),
      nodes,
    },
  }
}

function namesOf(layers: Parameters<typeof chain>[0]): (string | undefined)[] {
  const { originals } = passGraph(chain(layers), {
    ...{ loss: { kind: 'cross-entropy' }, direction: 'loss', want: 'none', weights: 'constants' },
  })
  return layers.map((_, i) => originals.get(`onnx::MatMul_${i}`)?.name)
}

describe('originalNames', () => {
  it('names a weight after its bias', () => {
    const layers = [
      { path: '/fc/MatMul', bias: 'blocks.0.fc.bias' },
      { path: '/m/MatMul', bias: 'attention.in_proj_bias' },
    ]
    expect(namesOf(layers)).to.deep.equal(['blocks.0.fc.weight', 'attention.in_proj_weight'])
  })

  it('names one without a bias after its node', () => {
    expect(namesOf([{ path: '/blocks.0/fc/MatMul' }, { path: '/net/net.2/MatMul' }])).to.deep.equal([
      'blocks.0.fc.weight',
      'net.2.weight',
    ])
  })

  it('names none that another could be meant by, or whose path does not tell', () => {
    const layers = [
      { path: '/qkv/MatMul' },
      { path: '/qkv_1/MatMul' },
      { path: '/MatMul' },
      { path: 'MatMul_7' },
    ]
    expect(namesOf(layers)).to.deep.equal([undefined, undefined, undefined, undefined])
  })
})
