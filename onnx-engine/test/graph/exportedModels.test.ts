import { expect } from 'chai'
import {
  convolutionalNetwork,
  multiLayerPerceptron,
  sequencePerceptron,
  waveNetwork,
} from './exported/feedForward'
import { gruCell, lstmCell } from './exported/recurrent'
import { decomposedTransformer, fusedEncoder, rotaryTransformer } from './exported/transformers'
import { checkOperator } from './operators/checkOperator'

const models = {
  'an MLP of Gemm and Relu': multiLayerPerceptron,
  'an MLP over sequences with Gelu, weights transposed in the graph': sequencePerceptron,
  'a CNN with BatchNormalization, pools, groups and strides': convolutionalNetwork,
  'a 1-D CNN with GroupNorm of PyTorch and a symbolic length': waveNetwork,
  'a GRU cell over time': gruCell,
  'an LSTM cell over time': lstmCell,
  'a causal transformer of decomposed LayerNorm and GELU': decomposedTransformer,
  'a transformer with RMSNorm, rotary positions and shared keys': rotaryTransformer,
  'an encoder with fused norms, Einsum and padding': fusedEncoder,
}

describe('whole models as PyTorch exports them', () => {
  for (const [title, build] of Object.entries(models))
    describe(title, () => {
      for (const seed of [11, 222])
        it(`has the gradients of central differences, seed ${seed}`, async () => {
          const { differences, backwardTwin, float32, shapes } = await checkOperator(build(seed))
          expect(shapes).to.deep.equal([])
          expect(differences, 'gradients against central differences').to.be.below(1e-7)
          expect(backwardTwin, 'twin of the backward pass').to.be.below(1e-5)
          expect(float32, 'float32 against float64').to.be.below(1e-5)
        })
    })
})
