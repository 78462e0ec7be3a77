import { expect } from 'chai'
import { OnnxEngineError } from '../../src/errors'
import { Adam } from '../../src/training/adam'

describe('Adam', () => {
  it('follows the published recursion', () => {
    const adam = new Adam(1, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 })
    const parameters = Float32Array.of(1)
    let [m, v, expected] = [0, 0, 1]
    for (const [index, gradient] of [0.5, -0.25, 2].entries()) {
      const step = index + 1
      m = 0.9 * m + 0.1 * gradient
      v = 0.999 * v + 0.001 * gradient ** 2
      expected -= (0.01 * (m / (1 - 0.9 ** step))) / (Math.sqrt(v / (1 - 0.999 ** step)) + 1e-8)
      adam.update(parameters, Float32Array.of(gradient), 0.01)
      expect(parameters[0]).to.be.closeTo(expected, 1e-6)
    }
    expect(adam.steps).to.equal(3)
  })

  it('moves by the learning rate in the first step, whatever the size of the gradient', () => {
    for (const gradient of [1e-3, 1, 1e3]) {
      const parameters = Float32Array.of(0)
      new Adam(1).update(parameters, Float32Array.of(gradient), 0.1)
      expect(parameters[0]).to.be.closeTo(-0.1, 1e-5)
    }
  })

  it('scales the gradient', () => {
    const [scaled, plain] = [Float32Array.of(1, 2), Float32Array.of(1, 2)]
    const [a, b] = [new Adam(2), new Adam(2)]
    for (let step = 1; step <= 3; step++) {
      a.update(scaled, Float32Array.of(4 * step, -8), 0.1, 0.25)
      b.update(plain, Float32Array.of(step, -2), 0.1)
    }
    expect(scaled).to.deep.equal(plain)
  })

  it('decays weights apart from the gradient', () => {
    const parameters = Float32Array.of(2)
    new Adam(1, { weightDecay: 0.5 }).update(parameters, Float32Array.of(0), 0.1)
    expect(parameters[0]).to.be.closeTo(2 * (1 - 0.1 * 0.5), 1e-6)
  })

  it('refuses a state of another size', () => {
    expect(() => new Adam(3, {}, new Adam(2).state())).to.throw(OnnxEngineError, '2 and 2 moments')
  })

  it('goes on from its state with the same bits', () => {
    const gradients = [0.3, -1.7, 0.01, 4].map(x => Float32Array.of(x, -x / 3))
    const whole = Float32Array.of(1, -1)
    const straight = new Adam(2)
    for (const gradient of gradients) straight.update(whole, gradient, 0.05)

    const halved = Float32Array.of(1, -1)
    const first = new Adam(2)
    for (const gradient of gradients.slice(0, 2)) first.update(halved, gradient, 0.05)
    const second = new Adam(2, {}, first.state())
    for (const gradient of gradients.slice(2)) second.update(halved, gradient, 0.05)

    expect(halved).to.deep.equal(whole)
    expect(second.state()).to.deep.equal(straight.state())
  })
})
