import type { Linear } from './linear/linear'

/**
 * What one linear or convolution layer saw of n samples at P positions each: the gradient of its weights for sample i
 * is Σ_p gradients[i,p] inputs[i,p]ᵀ.
 */
export interface LayerCapture {
  readonly name: string
  /** width of the input vector, the trailing 1 of a bias included */
  readonly inWidth: number
  readonly outWidth: number
  /** 1 for plain layers; tokens of a sequence, output pixels of a convolution */
  readonly positions: number
  /** float32 [n, positions, inWidth] */
  readonly inputs: Float32Array
  /** float32 [n, positions, outWidth] */
  readonly gradients: Float32Array
}

/** One checkpoint's view of n samples. */
export interface SampleCapture {
  readonly count: number
  readonly layers: readonly LayerCapture[]
  /** float64 [n], nats: the loss of the true targets, whatever was differentiated */
  readonly loss: Float64Array
  /** float64 [n]: p of the true class (classification, binary); absent for regression and sequences */
  readonly probability?: Float64Array
  /** float32 [n, K] */
  readonly outputs?: Float32Array
  /** [n]: positions that count in the loss */
  readonly scored?: Int32Array
}

/**
 * What is differentiated: the loss; the margin z_y - logsumexp of the others; the loss at labels drawn from the model;
 * or row k of the square root of the loss's Hessian in the outputs (for K classes √p_k (e_k - p)).
 */
export type Direction = 'loss' | 'margin' | 'sampled' | { readonly row: number }

/** All that a method may need of one checkpoint, each computed once and only on demand. */
export interface CheckpointCapture {
  train(direction: Direction): Promise<SampleCapture>
  query(direction: 'loss' | 'margin'): Promise<SampleCapture>
  /** how many Fisher rows there are: classes, or outputs of a regression; undefined where they are too many to use */
  readonly classes: number | undefined
}

/** float64 [rows, columns], row-major; rows are training samples, columns queries; positive: the sample lowers the loss */
export interface ScoreMatrix {
  readonly rows: number
  readonly columns: number
  readonly data: Float64Array
}

/** Choices of a method. Decimals travel as strings, so that a configuration hashes to the same bytes everywhere. */
export interface MethodSettings {
  /** λ as a multiple: of tr(WK) for the dual margin form, of the mean eigenvalue of its block elsewhere */
  readonly damping?: string
  /** k of the k x k features of a layer, a power of 4; layers that are narrower keep their width */
  readonly projection?: number
  /** seed of the projections */
  readonly seed?: string
  /** L2 of the training objective, as a decimal string: closed-form's λ */
  readonly weightDecay?: string
  /** expected Fisher from all K rows, or from one draw of labels; by default exact where K ≤ 16 at one output */
  readonly fisher?: 'exact' | 'sampled'
  /**
   * dual-margin-ggn: `uniform` weighs all samples alike instead of by p(1-p), which is the kernel of TRAK (Park et al.,
   * arXiv 2303.14186) without its projection. Less exact on a model that fits, steadier on one that is far from it.
   */
  readonly weights?: 'curvature' | 'uniform'
  /** bytes that one checkpoint's matrices may take; 1 GiB by default */
  readonly memory?: number
}

export type MethodName =
  'dual-margin-ggn' | 'logra' | 'ggn' | 'ek-fac' | 'closed-form' | 'self-influence' | 'spans' | 'hybrid'

/**
 * A way to score at one checkpoint. `linear` lets a caller that walks over checkpoints keep one arena; without it each
 * call makes its own.
 */
export interface Method {
  readonly name: MethodName
  /** What every training sample did for every query. */
  score(checkpoint: CheckpointCapture, settings: MethodSettings, linear?: Linear): Promise<ScoreMatrix>
  /** float64 [n_train]: the mean of `score` over the queries, for the price of one right side. */
  value(checkpoint: CheckpointCapture, settings: MethodSettings, linear?: Linear): Promise<Float64Array>
  /** float64 [n_train]: what every sample did for itself. */
  selfInfluence?(
    checkpoint: CheckpointCapture,
    settings: MethodSettings,
    linear?: Linear,
  ): Promise<Float64Array>
}
