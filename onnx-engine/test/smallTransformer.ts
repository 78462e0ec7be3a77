import type { Model, Tensor, Value } from '../src/index'
import { GraphBuilder, tensor } from '../src/index'
import { sample } from './graph/checkGradients'

export const small = { vocab: 11, width: 8, heads: 2, mlp: 12, positions: 6, layers: 2 }

const weightDims: Record<string, number[]> = {
  'tokens.weight': [small.vocab, small.width],
  'positions.weight': [small.positions, small.width],
  'head.weight': [small.width, small.vocab],
  'norm.weight': [small.width],
  'norm.bias': [small.width],
}
for (let layer = 0; layer < small.layers; layer++)
  Object.assign(weightDims, {
    [`layers.${layer}.norm.weight`]: [small.width],
    [`layers.${layer}.norm.bias`]: [small.width],
    [`layers.${layer}.query.weight`]: [small.width, small.width],
    [`layers.${layer}.key.weight`]: [small.width, small.width],
    [`layers.${layer}.value.weight`]: [small.width, small.width],
    [`layers.${layer}.output.weight`]: [small.width, small.width],
    [`layers.${layer}.up.weight`]: [small.width, small.mlp],
    [`layers.${layer}.up.bias`]: [small.mlp],
    [`layers.${layer}.down.weight`]: [small.mlp, small.width],
  })

export const smallWeights = (): Map<string, Tensor> =>
  new Map(
    Object.entries(weightDims).map(([name, dims], i) => [
      name,
      name.endsWith('norm.weight') ? sample(dims, 0.5, 1.5, i + 1) : sample(dims, -0.6, 0.6, i + 1),
    ]),
  )

/** A decoder-only transformer with everything that one has, small enough to differentiate numerically. */
export function smallTransformer(weightsAre: 'constants' | 'inputs'): Model {
  const b = new GraphBuilder('small')
  const tokens = b.input('tokens', 'int64', ['B', 'T'])
  const weights = smallWeights()
  const w = (name: string): Value => b.value(name)
  for (const [name, t] of weights)
    if (weightsAre === 'constants') b.initializer(name, t)
    else b.input(name, t.dtype, t.dims)

  const [, length] = [0, b.slice(b.shape(tokens), 1, 2, 0)]
  const zero = b.shapeConstant([0])
  const cut = (x: Value, axis: number): Value => b.op('Slice', [x, zero, length, b.shapeConstant([axis])])
  const seen = Array.from({ length: small.positions ** 2 }, (_, i) =>
    Math.floor(i / small.positions) < i % small.positions ? -1e9 : 0,
  )
  const mask = cut(cut(b.constant(tensor('float32', [small.positions, small.positions], seen)), 0), 1)
  let x = b.add(b.gather(w('tokens.weight'), tokens), cut(w('positions.weight'), 0))
  for (let i = 0; i < small.layers; i++) {
    const of = (name: string): Value => w(`layers.${i}.${name}`)
    const normalized = b.layerNormalization(x, of('norm.weight'), of('norm.bias'))
    const head = (name: string, order: number[]): Value => {
      const projected = b.matMul(normalized, of(`${name}.weight`))
      return b.transpose(b.reshape(projected, [0, 0, small.heads, small.width / small.heads]), order)
    }
    const scores = b.mul(b.matMul(head('query', [0, 2, 1, 3]), head('key', [0, 2, 3, 1])), 0.5)
    const mixed = b.matMul(b.softmax(b.add(scores, mask)), head('value', [0, 2, 1, 3]))
    const joined = b.reshape(b.transpose(mixed, [0, 2, 1, 3]), [0, 0, small.width])
    x = b.add(x, b.matMul(joined, of('output.weight')))
    const raised = b.gelu(b.add(b.matMul(x, of('up.weight')), of('up.bias')))
    x = b.add(x, b.matMul(raised, of('down.weight')))
  }
  const final = b.layerNormalization(x, w('norm.weight'), w('norm.bias'))
  b.output(b.matMul(final, w('head.weight')), 'logits')
  return b.model()
}

export const smallTokens = tensor('int64', [3, 5], [1, 4, 2, 9, 0, 3, 3, 10, 5, 7, 8, 2, 6, 1, 1])
/** One sample is shorter than the others, one has a hole. */
export const smallTargets = tensor('int64', [3, 5], [4, 2, 9, 0, 7, 3, 10, -1, 7, 1, 2, 6, 1, -1, -1])
