import { OnnxEngineError } from '../../errors'
import type { GraphBuilder } from '../../graph/builder'
import { reachedGradients } from '../../graph/gradients/reverse'
import type { Value } from '../../graph/value'
import type { CapturedLayer, Projection } from '../options'
import { layerValues, type LayerValues } from './codes'
import { Projector } from './features'
import type { LayerPlace } from './layers'
import { type Batch, samplesFirst } from './samplesFirst'

/** A layer with the names of the graph outputs that hold its codes. */
export interface GraphLayer extends CapturedLayer {
  readonly inputs: string
  readonly gradients: string
  /** Entries of this layer in a feature vector. */
  readonly features: number
}

/** Where the reverse pass begins. */
export interface Start {
  readonly of: Value
  readonly cotangent: Value
}

export const layerOf = ({ x: _x, y: _y, patches: _patches, ...layer }: LayerPlace): GraphLayer => ({
  ...layer,
  inputs: '',
  gradients: '',
  features: 0,
})

/** Appends the gradients of the products of all layers that the start depends on. */
export function capturedLayers(
  builder: GraphBuilder,
  { of, cotangent }: Start,
  places: readonly LayerPlace[],
): LayerValues[] {
  const products = places.map(place => builder.value(place.y))
  const found = reachedGradients(builder, of, products, cotangent)
  return layerValues(
    builder,
    places.filter(place => found.has(place.y)),
    found,
  )
}

/** Makes inputs and gradients of layers outputs of the graph; values that layers share once. */
export function codeLayers(
  builder: GraphBuilder,
  layers: readonly LayerValues[],
  batch: Batch,
): GraphLayer[] {
  const named = new Map<string, string>()
  const asOutput = (value: Value, like: string, name: string): string => {
    const existing = named.get(value.name)
    if (existing !== undefined) return existing
    builder.output(samplesFirst(builder, value, like, batch), name)
    named.set(value.name, name)
    return name
  }
  return layers.map(({ place, like, x, dy }, i) => ({
    ...layerOf(place),
    inputs: asOutput(x, like.x, `pass.inputs.${i}`),
    gradients: asOutput(dy, like.y, `pass.gradients.${i}`),
  }))
}

/** Makes the projected gradients of all layers, side by side, one output [B, Σ entries]. */
export function featureLayers(
  builder: GraphBuilder,
  layers: readonly LayerValues[],
  projection: Projection | undefined,
  batch: Batch,
  name: string,
): GraphLayer[] {
  if (!projection || !Number.isInteger(projection.k) || projection.k < 1)
    throw new OnnxEngineError('INVALID_ARGUMENT', {
      what: 'projection of a pass that wants features',
      got: JSON.stringify(projection) ?? 'none',
      expected: '{ k: a positive whole number, seed }',
    })
  const projector = new Projector(builder, { ...projection, narrow: 'whole' }, batch)
  const parts = layers.map(({ place, like, x, dy }) =>
    projector.feature({ name: place.name, like, x, dy, bias: place.bias }),
  )
  const values = parts.map(part => part.value)
  builder.output(builder.concat(values, 1), name)
  return layers.map(({ place }, i) => ({ ...layerOf(place), features: parts[i]!.entries }))
}
