import { OnnxEngineError } from '../errors'

export interface AdamOptions {
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Decoupled (AdamW), applied to every parameter; 0 = none. */
  readonly weightDecay: number
}

export const ADAM_DEFAULTS: AdamOptions = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 }

/** Running means of the gradient and of its square, and the number of steps behind them. */
export interface AdamState {
  readonly m: Float32Array
  readonly v: Float32Array
  readonly step: number
}

/** Adam with bias correction over one packed parameter vector (Kingma and Ba 2015; weight decay as in AdamW). */
export class Adam {
  readonly #options: AdamOptions
  readonly #m: Float32Array
  readonly #v: Float32Array
  #step: number

  /** Throws INVALID_ARGUMENT when the state to resume is of another size. */
  constructor(size: number, options: Partial<AdamOptions> = {}, resume?: AdamState) {
    if (resume && !(resume.m.length === size && resume.v.length === size)) {
      throw new OnnxEngineError('INVALID_ARGUMENT', {
        what: 'Adam state to resume',
        got: `${resume.m.length} and ${resume.v.length} moments`,
        expected: `${size} of each`,
      })
    }
    this.#options = { ...ADAM_DEFAULTS, ...options }
    this.#m = resume ? resume.m.slice() : new Float32Array(size)
    this.#v = resume ? resume.v.slice() : new Float32Array(size)
    this.#step = resume ? resume.step : 0
  }

  get steps(): number {
    return this.#step
  }

  /** A copy, from which another instance goes on with the same bits. */
  state(): AdamState {
    return { m: this.#m.slice(), v: this.#v.slice(), step: this.#step }
  }

  /** Changes `parameters` in place by one step along `gradients * gradientScale`. */
  update(parameters: Float32Array, gradients: Float32Array, learningRate: number, gradientScale = 1): void {
    this.#step++
    const { beta1, beta2, epsilon, weightDecay } = this.#options
    const m = this.#m
    const v = this.#v
    const stepSize = learningRate / (1 - beta1 ** this.#step)
    const inverseRoot = 1 / Math.sqrt(1 - beta2 ** this.#step)
    const keep = 1 - learningRate * weightDecay
    const gain1 = (1 - beta1) * gradientScale
    const gain2 = (1 - beta2) * gradientScale * gradientScale
    for (let i = 0; i < parameters.length; i++) {
      const gradient = gradients[i] as number
      const mean = beta1 * (m[i] as number) + gain1 * gradient
      const square = beta2 * (v[i] as number) + gain2 * gradient * gradient
      m[i] = mean
      v[i] = square
      parameters[i] =
        keep * (parameters[i] as number) - (stepSize * mean) / (Math.sqrt(square) * inverseRoot + epsilon)
    }
  }
}
