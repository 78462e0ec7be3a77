import type { Graph } from './types'

/** The domains of a graph's nodes besides ONNX's own, subgraphs included, in the order of their names. */
export function usedDomains(graph: Graph): string[] {
  const found = new Set<string>()
  const visit = ({ nodes }: Graph): void => {
    for (const { domain, attributes } of nodes) {
      if (domain) found.add(domain)
      for (const attribute of Object.values(attributes)) {
        if (attribute.kind === 'graph') visit(attribute.value)
        if (attribute.kind === 'graphs') attribute.value.forEach(visit)
      }
    }
  }
  visit(graph)
  return [...found].sort()
}
