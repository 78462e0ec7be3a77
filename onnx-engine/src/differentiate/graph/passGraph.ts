import { OnnxEngineError } from '../../errors'
import type { GraphBuilder } from '../../graph/builder'
import { formatDims } from '../../graph/dims'
import { withKernels } from '../../graph/float64/withKernels'
import { gradients } from '../../graph/gradients/reverse'
import type { Value } from '../../graph/value'
import type { Dim, Model, ValueInfo } from '../../model/types'
import type { Direction, Loss, Projection, Want } from '../options'
import { batchPlaces } from './batchPlace'
import { withChosenBranches } from './branches'
import { capturedLayers, codeLayers, featureLayers, type GraphLayer, layerOf, type Start } from './captures'
import { classObjective } from './classes'
import type { Ends } from './ends'
import type { LayerPlace } from './layers'
import { type OriginalName, originalNames } from './originalNames'
import { unrollRecurrent } from '../recurrent/unroll'
import { withOneBatch } from './oneBatch'
import { FEEDS, type Given, type Objective } from './objective'
import { binaryObjective, squaredErrorObjective } from './outputs'
import type { Batch } from './samplesFirst'
import { separateParameters } from './separate'
import { initializersOf, type PassParameter, prepared, type PreparedOptions } from './prepared'

/** PyTorch's default. */
const IGNORED = -100

export interface PassGraphOptions extends PreparedOptions {
  readonly loss: Loss
  readonly direction: Direction
  readonly want: Want
  readonly projection?: Projection
}

export interface PassGraph {
  readonly model: Model
  /** What was differentiated, each of its parameters an initializer of its own. */
  readonly forward: Model
  /** Inputs of the model itself. */
  readonly inputs: readonly ValueInfo[]
  readonly targets: ValueInfo
  /** The differentiated output. */
  readonly output: ValueInfo
  readonly batch: Dim
  /** Classes last. */
  readonly classes?: number
  readonly ignoreIndex: number
  readonly layers: readonly GraphLayer[]
  readonly parameters: readonly PassParameter[]
  /** By the names of those parameters that an exporter renamed. */
  readonly originals: ReadonlyMap<string, OriginalName>
  /** Names of further outputs that are there. */
  readonly has: { readonly scored: boolean; readonly margin: boolean }
}

export const OUTPUTS = {
  loss: 'pass.loss',
  scored: 'pass.scored',
  margin: 'pass.margin',
  features: 'pass.features',
  packed: 'pass.gradient',
  gradient: (parameter: string): string => `pass.gradient.${parameter}`,
} as const

/**
 * Appends loss, direction and reverse pass to a forward model.
 * @throws OnnxEngineError UNSUPPORTED_MODEL, UNSUPPORTED_OPERATOR
 */
export function passGraph(model: Model, o: PassGraphOptions): PassGraph {
  const plain = unrollRecurrent(withOneBatch(separateParameters(withChosenBranches(model))))
  const forward = withKernels(plain)
  const isCopy = (name: string): boolean =>
    model.graph.initializers.has(name) && !forward.graph.initializers.has(name)
  const named = o.parameters
    ? { parameters: o.parameters.filter(name => !isCopy(name)) }
    : forward !== plain && { parameters: initializersOf(plain, o.output).parameters }
  const { builder, parameters, places, ends } = prepared(forward, { ...o, ...named })
  const batch = batchOf(builder, forward, ends)
  builder.clearOutputs()
  builder.output(ends.output)
  const given = new Feeds(builder, ends)
  const direction = o.want === 'none' || o.direction === 'seed' ? undefined : o.direction
  const objective = objectiveOf(builder, ends.output, o.loss, direction, given)
  builder.output(objective.loss, OUTPUTS.loss)
  if (objective.scored) builder.output(objective.scored, OUTPUTS.scored)
  if (objective.margin) builder.output(objective.margin, OUTPUTS.margin)
  const start = o.want === 'none' ? undefined : startOf(builder, ends, o, objective)
  const layers = start ? layersOf(builder, start, places, o, batch) : places.map(layerOf)
  if (start && (o.want === 'parameters' || o.want === 'per-sample')) {
    const values = parameters.map(({ name }) => builder.value(name))
    const found = gradients(builder, start.of, values, start.cotangent)
    if (o.weights === 'packed') outputPacked(builder, found)
    else found.forEach((gradient, i) => builder.output(gradient, OUTPUTS.gradient(values[i]!.name)))
  }
  const { output } = ends
  const classes = o.loss.kind === 'cross-entropy' ? objective.of.dims[2] : undefined
  return {
    model: builder.model(),
    forward,
    inputs: forward.graph.inputs,
    targets: given.targetsInfo!,
    output: { name: output.name, dtype: output.dtype, dims: output.dims },
    batch: ends.batch,
    ...(typeof classes === 'number' && { classes }),
    ignoreIndex: ignoreIndexOf(o.loss),
    layers,
    parameters,
    originals: originalNames(builder, parameters, places),
    has: { scored: objective.scored !== undefined, margin: objective.margin !== undefined },
  }
}

const ignoreIndexOf = (loss: Loss): number =>
  loss.kind === 'cross-entropy' ? (loss.ignoreIndex ?? IGNORED) : IGNORED

class Feeds implements Given {
  targetsInfo: ValueInfo | undefined

  constructor(
    private readonly builder: GraphBuilder,
    private readonly ends: Ends,
  ) {}

  targets(dtype: 'int64' | 'float', dims: readonly Dim[]): Value {
    const exact = dtype === 'float' ? this.ends.output.dtype : dtype
    this.targetsInfo = { name: FEEDS.targets, dtype: exact, dims }
    return this.builder.input(FEEDS.targets, exact, dims)
  }

  uniforms(dims: readonly Dim[]): Value {
    return this.builder.input(FEEDS.uniforms, this.ends.output.dtype, dims)
  }

  row(): Value {
    return this.builder.input(FEEDS.row, 'int64', [1])
  }
}

function objectiveOf(
  builder: GraphBuilder,
  output: Value,
  loss: Loss,
  direction: Exclude<Direction, 'seed'> | undefined,
  given: Given,
): Objective {
  if (loss.kind === 'mean-squared-error') return squaredErrorObjective(builder, output, direction, given)
  if (loss.kind === 'binary-cross-entropy') return binaryObjective(builder, output, direction, given)
  const classAxis = loss.classAxis ?? classAxisOf(output)
  return classObjective(builder, output, { classAxis, ignoreIndex: ignoreIndexOf(loss), direction }, given)
}

/** The last, but for [B,K,T] of an open length T. */
function classAxisOf({ dims }: Value): 'last' | 'second' {
  const isOpen = dims.length > 2 && typeof dims.at(-1) === 'string'
  return isOpen && typeof dims[1] === 'number' && dims[1] > 1 ? 'second' : 'last'
}

/** @throws OnnxEngineError UNSUPPORTED_MODEL where the model mixes samples, or its output has them on another axis */
function batchOf(builder: GraphBuilder, forward: Model, { output, batch }: Ends): Batch {
  const names = forward.graph.inputs.map(info => info.name)
  const places = batch === 1 ? new Map<string, Dim>() : batchPlaces(builder, names, batch)
  const outer = places.get(output.name) ?? 1
  if (outer === 1) return { dim: batch, of: output, places }
  throw new OnnxEngineError('UNSUPPORTED_MODEL', {
    what: `output "${output.name}" of graph "${forward.graph.name}"`,
    got: `${formatDims(output.dims)}, with the samples after an axis of ${outer}`,
    expected: 'the samples on its first axis',
  })
}

function layersOf(
  builder: GraphBuilder,
  start: Start,
  places: readonly LayerPlace[],
  { want, projection }: PassGraphOptions,
  batch: Batch,
): GraphLayer[] {
  if (want !== 'codes' && want !== 'features') return places.map(layerOf)
  const layers = capturedLayers(builder, start, places)
  return want === 'codes'
    ? codeLayers(builder, layers, batch)
    : featureLayers(builder, layers, projection, batch, OUTPUTS.features)
}

/** Where the reverse pass begins, weighted by sample where gradients are summed over samples. */
function startOf(
  builder: GraphBuilder,
  { output, batch }: Ends,
  o: PassGraphOptions,
  objective: Objective,
): Start {
  const of = o.direction === 'seed' ? output : objective.of
  const cotangent =
    o.direction === 'seed' ? builder.input(FEEDS.seed, output.dtype, output.dims) : objective.cotangent!
  if (o.want !== 'parameters' && o.want !== 'per-sample') return { of, cotangent }
  const weights = builder.input(FEEDS.weights, output.dtype, [batch])
  const column = builder.reshape(weights, [-1, ...cotangent.dims.slice(1).map(() => 1)])
  return { of, cotangent: builder.mul(cotangent, column) }
}

function outputPacked(builder: GraphBuilder, found: readonly Value[]): void {
  const flat = found.map(gradient => builder.reshape(gradient, [-1]))
  builder.output(flat.length === 1 ? flat[0]! : builder.concat(flat, 0), OUTPUTS.packed)
}
