import { OnnxEngineError } from '../../errors'
import type { Node } from '../../model/types'
import type { Inferred, Value } from '../value'
import type { ShapeRule } from './context'
import { ShapeContext } from './context'
import { elementwiseShapes } from './elementwise'
import { indexingShapes } from './indexing'
import { layoutShapes } from './layout'
import { linearShapes } from './linear'
import { reductionShapes } from './reduction'

const rules = new Map<string, ShapeRule>(
  Object.entries({
    ...elementwiseShapes,
    ...linearShapes,
    ...reductionShapes,
    ...layoutShapes,
    ...indexingShapes,
  }),
)

/**
 * Types and shapes of a node's outputs.
 * @throws OnnxEngineError UNSUPPORTED_OPERATOR, INCOMPATIBLE_SHAPES
 */
export function inferShapes(node: Node, inputs: readonly (Value | undefined)[], graph: string): Inferred[] {
  const rule = node.domain ? undefined : rules.get(node.opType)
  if (!rule)
    throw new OnnxEngineError('UNSUPPORTED_OPERATOR', {
      operator: node.domain ? `${node.domain}.${node.opType}` : node.opType,
      node: node.name,
      graph,
      purpose: 'shape inference',
    })
  const inferred = rule(new ShapeContext(node, inputs, graph))
  if (inferred.length >= node.outputs.length) return inferred
  throw new OnnxEngineError('INCOMPATIBLE_SHAPES', {
    operator: node.opType,
    node: node.name,
    graph,
    got: `${node.outputs.length} outputs`,
    expected: `at most ${inferred.length}`,
  })
}
