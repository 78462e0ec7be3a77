import { OnnxEngineError } from '../../errors'
import type { Node } from '../../model/types'
import { operatorOf } from '../nodeAttributes'
import type { Inferred, Value } from '../value'
import type { ShapeRule } from './context'
import { ShapeContext } from './context'
import { convolutionShapes } from './convolution'
import { elementwiseShapes } from './elementwise'
import { generatorShapes } from './generators'
import { indexingShapes } from './indexing'
import { layoutShapes } from './layout'
import { linearShapes } from './linear'
import { normalizationShapes } from './normalization'
import { partShapes } from './parts'
import { reductionShapes } from './reduction'

/** By operator. */
export const shapeRules: ReadonlyMap<string, ShapeRule> = new Map(
  Object.entries({
    ...elementwiseShapes,
    ...linearShapes,
    ...convolutionShapes,
    ...normalizationShapes,
    ...generatorShapes,
    ...reductionShapes,
    ...layoutShapes,
    ...partShapes,
    ...indexingShapes,
  }),
)

/**
 * Types and shapes of a node's outputs.
 * @throws OnnxEngineError UNSUPPORTED_OPERATOR, INCOMPATIBLE_SHAPES
 */
export function inferShapes(node: Node, inputs: readonly (Value | undefined)[], graph: string): Inferred[] {
  const rule = shapeRules.get(operatorOf(node))
  if (!rule)
    throw new OnnxEngineError('UNSUPPORTED_OPERATOR', {
      operator: operatorOf(node),
      node: node.name,
      graph,
      purpose: 'shape inference',
    })
  const inferred = rule(new ShapeContext(node, inputs, graph))
  if (inferred.length >= node.outputs.length) return inferred
  throw new OnnxEngineError('INCOMPATIBLE_SHAPES', {
    operator: operatorOf(node),
    node: node.name,
    graph,
    got: `${node.outputs.length} outputs`,
    expected: `at most ${inferred.length}`,
  })
}
