import { OnnxEngineError } from '../../errors'
import type { Node } from '../../model/types'
import type { GraphBuilder } from '../builder'
import type { Value } from '../value'

/**
 * What an operator computes, written in simpler ones: from its inputs (undefined where left out) to its outputs. The
 * float64 twin uses it where ONNX Runtime has no float64 kernel, the backward pass where no rule is worth its own.
 */
export type Decomposition = (builder: GraphBuilder, node: Node, inputs: readonly Value[]) => Value[]

/** @param operator with the use of it that has no gradient */
export const withoutGradient = (operator: string, node: Node, graph: string): OnnxEngineError =>
  new OnnxEngineError('UNSUPPORTED_OPERATOR', { operator, node: node.name, graph, purpose: 'gradient' })
