import type { Provider } from '../session/providers'
import type { Tensor } from '../model/types'

/** Of one sample; see `GradientPass`. Class targets beyond the classes are refused, except for `ignoreIndex`. */
export type Loss =
  | {
      readonly kind: 'cross-entropy'
      /** Positions with this target are not scored; -100 where it is left out, as in PyTorch. */
      readonly ignoreIndex?: number
      /**
       * Where the classes are: last ([B,K], [B,T,K]) or axis 1 ([B,K,T], as PyTorch's cross_entropy takes them). By the
       * shape of the targets where it is left out, last where both fit.
       */
      readonly classAxis?: 'last' | 'second'
    }
  /** Per sample the mean over outputs of (f - y)². */
  | { readonly kind: 'mean-squared-error' }
  /** On logits, targets in [0,1]; per sample the mean over outputs. */
  | { readonly kind: 'binary-cross-entropy' }

/**
 * What is differentiated, per sample; with several positions the sum over those that are scored.
 * - loss: the loss itself.
 * - margin: z_y - log Σ_{k≠y} exp z_k for classes, Σ (2y - 1)·z for binary outputs, Σ f for regression.
 * - sampled: a gradient in the outputs whose second moment is the Hessian of the loss in the outputs: that of labels
 *   drawn from the model (binary outputs scaled by √outputs), √(2/outputs)·normal for regression.
 * - fisher-row: row L_k of the same Hessian's root, Σ_k L_kᵀL_k = H: √p_k·(e_k - p) for classes, √(2/outputs)·e_k for
 *   regression, √(p(1-p)/outputs)·e_k for binary outputs.
 * - seed: a cotangent of the output that the caller gives.
 */
export type Direction = 'loss' | 'margin' | 'sampled' | 'fisher-row' | 'seed'

/**
 * - none: losses and outputs only.
 * - codes: inputs and gradients of every layer.
 * - features: projected gradients, a vector per sample.
 * - parameters: gradients of every parameter, summed over the samples.
 * - per-sample: the same of each sample.
 */
export type Want = 'none' | 'codes' | 'features' | 'parameters' | 'per-sample'

export interface Projection {
  /** Sides of a layer wider than this are projected to it; narrower ones are taken whole. */
  readonly k: number
  readonly seed: string
}

/**
 * A linear or convolution layer as s = W·a + b at each position: the gradient of W of a sample is Σ_p d_p·a_pᵀ. With a
 * bias `a` has a trailing 1, which `inWidth` counts.
 */
export interface CapturedLayer {
  /** As PyTorch names the module (`blocks.0.qkv`); a further one of the same name ends in `#2`. */
  readonly name: string
  readonly kind: 'linear' | 'convolution'
  readonly inWidth: number
  readonly outWidth: number
  readonly bias: boolean
  /** Name of the initializer that holds the weight. */
  readonly weight: string
  /** Whether that initializer is stored [in, out], the transpose of PyTorch's Linear.weight. */
  readonly transposed: boolean
  /** Name of the initializer that holds the bias. */
  readonly biasWeight?: string
}

export interface SessionChoice {
  /** Threads of one session; 1 where it is left out, which keeps the bits of results. */
  readonly threads?: number
  /** In order of preference. */
  readonly providers?: readonly Provider[]
  /** Threads with a session each; without them runs block the caller's thread. */
  readonly workers?: number
}

export interface PassOptions {
  readonly loss: Loss
  readonly direction: Direction
  readonly want: Want
  readonly projection?: Projection
  /** Parameters as constants, or as inputs of the graph, so that one session serves every checkpoint. */
  readonly weights: 'constants' | 'inputs'
  /** Samples per run; a model with a fixed batch axis has its own. */
  readonly batch: number
  readonly session: SessionChoice
  /** Which output is differentiated; else `logits`, else the only output of floats. */
  readonly output?: string
  /** Names of the initializers that are parameters; by their position in the graph where it is left out. */
  readonly parameters?: readonly string[]
}

/** The first axis of every tensor counts samples. */
export interface Samples {
  /** By input name; a model with one input also takes a single tensor under ''. */
  readonly inputs: ReadonlyMap<string, Tensor>
  /** Integers [n] or [n, positions] for classes, numbers of the output's dims else. */
  readonly targets: Tensor
  readonly count: number
}

export interface RunChoice {
  /** By parameter name, for a pass with weights as inputs; those of the model for what is left out. */
  readonly weights?: ReadonlyMap<string, Tensor>
  /** For `sampled`: numbers in [0,1), one per position (classes) or per output, sample by sample. */
  readonly uniforms?: Float32Array
  /** For `fisher-row`: k. */
  readonly row?: number
  /** For `seed`: of the output's dims. */
  readonly seed?: Tensor
  /** For `parameters` and `per-sample`: a factor of each sample's gradient; 1 where it is left out. */
  readonly sampleWeights?: ArrayLike<number>
  /** False leaves `outputs` empty, which spares the copies of large logits. */
  readonly keepOutputs?: boolean
  readonly signal?: AbortSignal
  /** Called with the number of samples that are done. */
  readonly onProgress?: (done: number) => void
}

export interface LayerCodes {
  readonly layer: CapturedLayer
  readonly positions: number
  /** [n, positions, inWidth] */
  readonly inputs: Float32Array
  /** [n, positions, outWidth] */
  readonly gradients: Float32Array
}

export interface PassOutput {
  /** [n], of the true targets whatever the direction; the mean over a sample's scored positions, 0 without one. */
  readonly loss: Float64Array
  /** [n], scored positions; 1 for regression and binary outputs. */
  readonly scored: Int32Array
  /** [n], of the true class, where there is one position or one binary output. */
  readonly probability?: Float64Array
  /** As the model gives them, samples first. */
  readonly outputs: Tensor
  /** For `codes`. Layers that read the same activations share one array of inputs. */
  readonly layers: readonly LayerCodes[]
  /** For `features`: [n, Σ of the layers' feature counts]. */
  readonly features?: Float32Array
  /** By parameter name: summed over samples, or with a leading axis n for `per-sample`. */
  readonly gradients?: ReadonlyMap<string, Tensor>
}
