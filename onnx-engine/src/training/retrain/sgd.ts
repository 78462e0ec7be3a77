/** Stochastic gradient descent over one packed vector, as torch.optim.SGD without dampening. */
export class Sgd {
  readonly #velocity: Float32Array | undefined
  readonly #momentum: number
  readonly #nesterov: boolean
  #started = false

  constructor(size: number, o: { readonly momentum?: number; readonly nesterov?: boolean } = {}) {
    this.#momentum = o.momentum ?? 0
    this.#nesterov = o.nesterov ?? false
    if (this.#momentum !== 0) this.#velocity = new Float32Array(size)
  }

  /** Changes `parameters` in place by one step along `gradients`. */
  update(parameters: Float32Array, gradients: Float32Array, learningRate: number): void {
    const velocity = this.#velocity
    if (!velocity) {
      for (let i = 0; i < parameters.length; i++) parameters[i]! -= learningRate * gradients[i]!
      return
    }
    const momentum = this.#started ? this.#momentum : 0
    const ahead = this.#nesterov ? this.#momentum : 1
    const own = this.#nesterov ? 1 : 0
    this.#started = true
    for (let i = 0; i < parameters.length; i++) {
      const gradient = gradients[i]!
      const moved = momentum * velocity[i]! + gradient
      velocity[i] = moved
      parameters[i]! -= learningRate * (own * gradient + ahead * moved)
    }
  }
}
