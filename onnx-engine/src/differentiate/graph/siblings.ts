import type { Graph } from '../../model/types'
import { isOpaque } from './names'

/**
 * Whether two names are those of one place in modules of a list: `layers.0.fc.weight` and `layers.1.fc.weight`,
 * `/layers.0/fc/MatMul` and `/layers.1/fc/MatMul`. A module that is called twice keeps its name, or gets `fc_1`.
 */
export function areSiblings(left: string, right: string): boolean {
  const [parts, others] = [left.split(/[./]/), right.split(/[./]/)]
  if (left === right || parts.length !== others.length) return false
  return parts.every((part, i) => part === others[i] || (/^\d+$/.test(part) && /^\d+$/.test(others[i]!)))
}

/**
 * What tells where an initializer is used: its own name, or where an exporter named it the path of the node that takes
 * it.
 */
export function placeOf(graph: Graph, name: string): string {
  if (!isOpaque(name)) return name
  const isUse = ({ opType, inputs }: Graph['nodes'][number]): boolean =>
    opType !== 'Identity' && inputs.includes(name)
  return graph.nodes.find(isUse)?.name ?? name
}
