import { Adam } from '../adam'
import type { Recipe } from './recipe'
import { Sgd } from './sgd'

/** One step from a gradient, which is changed on the way. */
export type Update = (parameters: Float32Array, gradient: Float32Array, learningRate: number) => void

/** The optimizer of a recipe, with weight decay and clipping, as PyTorch computes them. */
export function optimizerOf(recipe: Recipe, size: number): Update {
  const { optimizer, weightDecay = 0, clipNorm } = recipe
  const step = stepOf(recipe, size)
  const decays = optimizer.kind !== 'adamw' && weightDecay !== 0
  return (parameters, gradient, learningRate) => {
    if (clipNorm !== undefined) clip(gradient, clipNorm)
    if (decays) for (let i = 0; i < gradient.length; i++) gradient[i]! += weightDecay * parameters[i]!
    step.update(parameters, gradient, learningRate)
  }
}

function stepOf({ optimizer, weightDecay = 0 }: Recipe, size: number): Sgd | Adam {
  if (optimizer.kind === 'sgd') return new Sgd(size, optimizer)
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } = optimizer
  const decoupled = optimizer.kind === 'adamw' ? weightDecay : 0
  return new Adam(size, { beta1, beta2, epsilon, weightDecay: decoupled })
}

/** As torch.nn.utils.clip_grad_norm_, its 1e-6 included. */
function clip(gradient: Float32Array, limit: number): void {
  let squares = 0
  for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!
  const scale = limit / (Math.sqrt(squares) + 1e-6)
  if (scale < 1) for (let i = 0; i < gradient.length; i++) gradient[i]! *= scale
}
