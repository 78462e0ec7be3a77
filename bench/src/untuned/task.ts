import type { Model, Recipe, Samples } from '@open-datanets/onnx-engine'

/** A model, data and a training that no constant of the product was chosen on. */
export interface Task {
  readonly name: string
  readonly kind: 'classification' | 'causal-lm'
  readonly model: Model
  readonly train: Samples
  readonly query: Samples
  readonly recipe: Recipe
  /** Epochs after which the full training keeps a checkpoint. */
  readonly checkpoints: readonly number[]
}
