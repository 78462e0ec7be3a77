import { OnnxEngineError } from '../../errors'
import { GraphBuilder } from '../../graph/builder'
import { int } from '../../model/attributes'
import { elementCount, int64s } from '../../model/tensor'
import type { Graph, Model, Node } from '../../model/types'
import { type Ends, endsOf } from './ends'
import { findLayers, type LayerPlace } from './layers'
import { FEEDS } from './objective'
import { ancestorsOf, constantsAmong, findParameters } from './parameters'

export interface PreparedOptions {
  /** packed: one input [P] that holds all parameters in their order; their gradients are then one output [P]. */
  readonly weights: 'constants' | 'inputs' | 'packed'
  /** As in PassOptions. */
  readonly output?: string
  readonly parameters?: readonly string[]
}

export interface PassParameter {
  readonly name: string
  readonly dims: readonly number[]
}

export interface Prepared {
  readonly builder: GraphBuilder
  readonly parameters: readonly PassParameter[]
  readonly places: readonly LayerPlace[]
  readonly ends: Ends
}

/** The forward graph with its parameters found and, where wanted, turned into inputs. */
export function prepared(forward: Model, o: PreparedOptions): Prepared {
  const { graph, opset } = forward
  const first = GraphBuilder.from(graph, { opset })
  const float = first.value(endsOf(forward, first, o.output).output.name).dtype
  const options = { opset, float: float === 'float64' ? 'float64' : 'float32' } as const
  const scratch = GraphBuilder.from(graph, options)
  const reached = ancestorsOf(scratch, endsOf(forward, scratch, o.output).output.name)
  const names = (o.parameters ?? findParameters(scratch, reached)).filter(name => reached.has(name))
  for (const name of o.parameters ?? [])
    if (!graph.initializers.has(name))
      throw new OnnxEngineError('INVALID_ARGUMENT', {
        what: 'parameters of a pass',
        got: `"${name}"`,
        expected: `initializers of graph "${graph.name}"`,
      })
  const parameters = names.map(name => ({ name, dims: graph.initializers.get(name)?.dims ?? [] }))
  const places = findLayers(scratch, new Set(names)).filter(place => reached.has(place.y))
  const builder = GraphBuilder.from(fedGraph(graph, parameters, o.weights), options)
  return { builder, parameters, places, ends: endsOf(forward, builder, o.output) }
}

/** Names of the initializers that the output is computed from: what is learnt, and what is taken for constants. */
export function initializersOf(
  forward: Model,
  output?: string,
): { readonly parameters: string[]; readonly constants: string[] } {
  const builder = GraphBuilder.from(forward.graph, { opset: forward.opset })
  const reached = ancestorsOf(builder, endsOf(forward, builder, output).output.name)
  const parameters = findParameters(builder, reached)
  return { parameters, constants: constantsAmong(builder, reached, parameters) }
}

function fedGraph(
  graph: Graph,
  parameters: readonly PassParameter[],
  weights: PreparedOptions['weights'],
): Graph {
  if (weights === 'constants') return graph
  return weights === 'inputs' ? withInputs(graph, parameters) : withPacked(graph, parameters)
}

function withInputs(graph: Graph, parameters: readonly PassParameter[]): Graph {
  const names = parameters.map(parameter => parameter.name)
  const given = new Set(names)
  const inputs = names.map(name => {
    const { dtype, dims } = graph.initializers.get(name)!
    return { name, dtype, dims }
  })
  const kept = [...graph.initializers].filter(([name]) => !given.has(name))
  return { ...graph, inputs: [...graph.inputs, ...inputs], initializers: new Map(kept) }
}

/** The same graph with its parameters cut out of one vector, which has one type. */
function withPacked(graph: Graph, parameters: readonly PassParameter[]): Graph {
  const odd = parameters.find(({ name }) => graph.initializers.get(name)!.dtype !== 'float32')
  if (odd || parameters.length === 0)
    throw new OnnxEngineError('UNSUPPORTED_MODEL', {
      what: `parameters of graph "${graph.name}"`,
      got: odd ? `"${odd.name}" of ${graph.initializers.get(odd.name)!.dtype}` : 'none',
      expected: 'at least one, all of float32',
    })
  const names = parameters.map(parameter => parameter.name)
  const sizes = parameters.map(({ dims }) => elementCount(dims))
  const constants = new Map([...graph.initializers].filter(([name]) => !names.includes(name)))
  constants.set('pass.sizes', int64s(sizes))
  const flat = names.map(name => `pass.flat.${name}`)
  const split: Node = {
    opType: 'Split',
    name: 'pass.split',
    inputs: [FEEDS.parameters, 'pass.sizes'],
    outputs: flat,
    attributes: { axis: int(0) },
  }
  const shaped = parameters.map(({ name, dims }, i): Node => {
    constants.set(`pass.dims.${name}`, int64s(dims))
    const inputs = [flat[i]!, `pass.dims.${name}`]
    return { opType: 'Reshape', name: `pass.shaped.${name}`, inputs, outputs: [name], attributes: {} }
  })
  const total = sizes.reduce((sum, size) => sum + size, 0)
  return {
    ...graph,
    inputs: [...graph.inputs, { name: FEEDS.parameters, dtype: 'float32', dims: [total] }],
    initializers: constants,
    nodes: [split, ...shaped, ...graph.nodes],
  }
}
