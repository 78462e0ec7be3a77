import { expect } from 'chai'
import type { Loss, Model, Samples } from '../../src/index'
import { GraphBuilder, OnnxEngineError, tensor } from '../../src/index'
import { drawn, mlp } from './exportedModels'
import { runPass } from './explicit'

const crossEntropy: Loss = { kind: 'cross-entropy' }
const rows: Samples = {
  inputs: new Map([['x', drawn('rows', [6, 5], 1)]]),
  targets: tensor('int64', [6], [0, 1, 2, 3, 3, 1]),
  count: 6,
}

describe('GradientPass refuses', () => {
  const refusal = async (model: Model, samples: Samples, choice = {}): Promise<OnnxEngineError> => {
    const error = await runPass(model, 'codes', samples, { loss: crossEntropy, ...choice }).catch(
      (e: unknown) => e,
    )
    expect(error).to.be.instanceOf(OnnxEngineError)
    return error as OnnxEngineError
  }

  const mixing: [string, (b: GraphBuilder) => void][] = [
    [
      'a mean over samples',
      b => {
        const x = b.input('x', 'float32', ['B', 5])
        const centred = b.sub(x, b.reduceMean(x, [0], true))
        b.output(b.matMul(centred, b.initializer('w', drawn('w', [5, 3]))), 'logits')
      },
    ],
    [
      'attention over samples',
      b => {
        const x = b.matMul(b.input('x', 'float32', ['B', 5]), b.initializer('w', drawn('w', [5, 5])))
        b.output(b.matMul(b.softmax(b.matMul(x, b.transpose(x, [1, 0]))), x), 'logits')
      },
    ],
  ]
  for (const [what, build] of mixing)
    it(what, async () => {
      const b = new GraphBuilder('mixing')
      build(b)
      const error = await refusal(b.model(), rows)
      expect(error.code).to.equal('UNSUPPORTED_MODEL')
      expect(error.message).to.include('mixes samples')
    })

  it('targets outside of the classes', async () => {
    const error = await refusal(mlp(), { ...rows, targets: tensor('int64', [6], [0, 1, 2, 4, 0, 0]) })
    expect(error.message).to.equal(
      'targets: got 4 at element 3, expected 0 to 3, or -100 where a position is not scored',
    )
  })

  it('inputs of another shape, missing and unknown ones', async () => {
    const wide = new Map([['x', drawn('wide', [6, 7])]])
    expect((await refusal(mlp(), { ...rows, inputs: wide })).message).to.include(
      'input "x": got [6,7], expected [6,5]',
    )
    const unknown = new Map([['y', drawn('wide', [6, 5])]])
    expect((await refusal(mlp(), { ...rows, inputs: unknown })).message).to.include('"y"')
  })

  it('weights for a pass that has them as constants', async () => {
    const weights = new Map([['fc1.bias', drawn('b', [6])]])
    expect((await refusal(mlp(), rows, { weights })).message).to.include("weights: 'inputs'")
  })

  it('an output that is no matrix of classes', async () => {
    const b = new GraphBuilder('flat')
    b.output(
      b.reduceSum(b.mul(b.input('x', 'float32', ['B', 5]), b.initializer('w', drawn('w', [5]))), [1]),
      'y',
    )
    expect((await refusal(b.model(), rows)).code).to.equal('UNSUPPORTED_MODEL')
  })
})
