import { expect } from 'chai'
import type { Dim, Graph, Model, Node } from '../../src/index'
import { GraphBuilder, tensor } from '../../src/index'
import { withChosenBranches } from '../../src/differentiate/graph/branches'
import { drawn } from './exportedModels'
import { runPass } from './explicit'

function branch(opType: string, inputs: string[], output: string): Graph {
  const node: Node = { opType, name: `/${opType}`, inputs, outputs: [output], attributes: {} }
  const outputs = [{ name: output, dtype: 'float32', dims: ['B', 4] }] as const
  return { name: opType, nodes: [node], inputs: [], outputs, initializers: new Map() }
}

/** x.squeeze(1) as PyTorch exports it where it does not know the size of that axis. */
function squeezed(size: Dim): Model {
  const b = new GraphBuilder('main')
  const x = b.input('x', 'float32', ['B', size, 4])
  const length = b.gather(b.shape(x), b.constant(tensor('int64', [], [1])))
  const isOne = b.op('Equal', [length, b.constant(tensor('int64', [], [1]))])
  const axis = b.constant(tensor('int64', [1], [1]))
  const choice: Node = {
    opType: 'If',
    name: '/If',
    inputs: [isOne.name],
    outputs: ['row'],
    attributes: {
      then_branch: { kind: 'graph', value: branch('Squeeze', ['x', axis.name], 'squeezed') },
      else_branch: { kind: 'graph', value: branch('Identity', ['x'], 'whole') },
    },
  }
  const product: Node = {
    ...{ opType: 'MatMul', name: '/fc/MatMul', inputs: ['row', 'w'], outputs: ['logits'], attributes: {} },
  }
  b.initializer('w', drawn('w', [4, 3]))
  const model = b.model()
  const outputs = [{ name: 'logits', dtype: 'float32', dims: ['B', 3] }] as const
  return { ...model, graph: { ...model.graph, nodes: [...model.graph.nodes, choice, product], outputs } }
}

const operators = (model: Model): string[] => model.graph.nodes.map(node => node.opType)

describe('withChosenBranches', () => {
  it('takes the branch that the shapes decide', () => {
    expect(operators(withChosenBranches(squeezed(1)))).to.include.members(['Squeeze', 'Identity'])
    expect(operators(withChosenBranches(squeezed(2)))).to.not.include.members(['Squeeze'])
  })

  it('leaves an If on sizes that are open, and models without one', () => {
    expect(operators(withChosenBranches(squeezed('T')))).to.include('If')
    const plain = withChosenBranches(squeezed(1))
    expect(withChosenBranches(plain)).to.equal(plain)
  })

  it('lets gradients flow through it', async () => {
    const samples = {
      inputs: new Map([['x', drawn('x', [3, 1, 4], 1)]]),
      targets: tensor('int64', [3], [0, 1, 2]),
      count: 3,
    }
    const { gradients } = await runPass(squeezed(1), 'parameters', samples, {
      loss: { kind: 'cross-entropy' },
    })
    expect([...gradients!.keys()]).to.deep.equal(['w'])
    expect(Array.from(gradients!.get('w')!.data as Float32Array).some(value => value !== 0)).to.equal(true)
  })
})
