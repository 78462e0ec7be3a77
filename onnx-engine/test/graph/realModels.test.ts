import { expect } from 'chai'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Dim, Model, Tensor } from '../../src/index'
import {
  GraphBuilder,
  decodeModel,
  elementCount,
  gradients,
  numbersOf,
  tensor,
  toFloat64,
} from '../../src/index'
import { runModel } from '../runModel'
import { doubled, indices, numbers } from './operators/operatorCase'

const root = process.env['OPEN_DATANETS_DATA'] ?? resolve(__dirname, '../../../../shared/data')
const folder = join(root, 'attribution')

const files = ['tinylm/model_full0.onnx', 'digits-lr/model.onnx', 'digits-mlp/model_full0.onnx']

/** The gradients of Σ output·seed by the result of every linear layer. */
function backward(model: Model, float: 'float32' | 'float64', layers: readonly string[]): Model {
  const builder = GraphBuilder.from(model.graph, { float, opset: model.opset })
  const output = builder.value(model.graph.outputs[0]!.name)
  const seed = builder.input('the seed', output.dtype, output.dims)
  const wrt = layers.map(name => builder.value(name))
  const found = gradients(builder, output, wrt, seed)
  builder.clearOutputs()
  found.forEach((gradient, i) => builder.output(gradient, `d ${layers[i]}`))
  return builder.model()
}

describe('models that PyTorch exported', () => {
  before(function () {
    if (existsSync(folder)) return
    if (process.env['CI'])
      expect.fail(`no folder ${folder}; set OPEN_DATANETS_DATA to the folder of the data`)
    console.warn(`      skipped: no folder ${folder}; set OPEN_DATANETS_DATA to the folder of the data`)
    this.skip()
  })

  for (const file of files)
    it(`${file}: every shape is inferred, and gradients in float32 agree with float64`, async () => {
      const model = decodeModel(readFileSync(join(folder, file)))
      const builder = GraphBuilder.from(model.graph, { opset: model.opset })
      const names = builder.nodes.flatMap(node => node.outputs)
      const open = names.filter(name => builder.value(name).dims.some(dim => String(dim).includes('?')))
      expect(open).to.deep.equal([])
      const layers = builder.nodes
        .filter(node => ['MatMul', 'Gemm'].includes(node.opType))
        .map(node => node.outputs[0]!)
      const sized = (dims: readonly Dim[]): number[] => dims.map(dim => (typeof dim === 'number' ? dim : 3))
      const inputs: Record<string, Tensor> = Object.fromEntries(
        model.graph.inputs.map(({ name, dtype, dims }) => [
          name,
          dtype === 'int64' ? indices(sized(dims), 5, 60) : numbers(sized(dims), 5),
        ]),
      )
      const outputDims = sized(builder.outputs[0]!.dims)
      const seed = tensor(
        'float32',
        outputDims,
        Array.from({ length: elementCount(outputDims) }, (_, i) => Math.sin(1 + 2 * i)),
      )
      const feeds = { ...inputs, 'the seed': seed }
      const wide = Object.fromEntries(Object.entries(feeds).map(([name, t]) => [name, doubled(t)]))
      const narrow = await runModel(backward(model, 'float32', layers), feeds, 'all')
      const exact = await runModel(backward(toFloat64(model), 'float64', layers), wide)
      expect(Object.keys(exact)).to.have.length(layers.length)
      for (const [name, gradient] of Object.entries(exact)) {
        const values = numbersOf(gradient)
        const largest = Math.max(...values.map(Math.abs))
        const error = Math.max(...numbersOf(narrow[name]!).map((value, i) => Math.abs(value - values[i]!)))
        expect(error / largest, name).to.be.below(1e-5)
      }
    })
})
