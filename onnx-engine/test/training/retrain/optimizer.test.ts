import { expect } from 'chai'
import { optimizerOf } from '../../../src/training/retrain/optimizer'
import { checkRecipe, rateAt, type Recipe } from '../../../src/training/retrain/recipe'

const base: Recipe = {
  loss: { kind: 'cross-entropy' },
  optimizer: { kind: 'sgd' },
  learningRate: 0.1,
  batch: 2,
  epochs: 4,
}

/** The parameter after each of three steps along the given gradients, from 1. */
function trace(recipe: Partial<Recipe>, gradients: readonly number[]): number[] {
  const update = optimizerOf({ ...base, ...recipe }, 1)
  const parameters = Float32Array.of(1)
  return gradients.map(gradient => {
    update(parameters, Float32Array.of(gradient), 0.1)
    return parameters[0]!
  })
}

const close = (found: number[], expected: number[]): void =>
  expected.forEach((value, i) => expect(found[i]).to.be.closeTo(value, 1e-6))

describe('optimizers', () => {
  it('sgd steps along the gradient', () => close(trace({}, [1, 2]), [0.9, 0.7]))

  it('sgd with momentum begins with the whole first gradient, as PyTorch does', () =>
    // v = 1, 0.9·1 + 2 = 2.9
    close(trace({ optimizer: { kind: 'sgd', momentum: 0.9 } }, [1, 2]), [0.9, 0.61]))

  it('sgd with nesterov looks ahead', () =>
    // 1 + 0.9·1 = 1.9; 2 + 0.9·2.9 = 4.61
    close(trace({ optimizer: { kind: 'sgd', momentum: 0.9, nesterov: true } }, [1, 2]), [0.81, 0.349]))

  it('sgd adds weight decay to the gradient', () =>
    // 1 + 0.5·1 = 1.5; 2 + 0.5·0.85 = 2.425
    close(trace({ weightDecay: 0.5 }, [1, 2]), [0.85, 0.6075]))

  it('adam steps by the rate at first, whatever the gradient', () => {
    close(trace({ optimizer: { kind: 'adam' } }, [3]), [0.9])
    // m̂ = (0.9·0.1·3 + 0.1·1)/0.19, v̂ = (0.999·0.009 + 0.001)/0.001999
    const second = 0.9 - (0.1 * (0.37 / 0.19)) / Math.sqrt(0.009991 / 0.001999)
    close(trace({ optimizer: { kind: 'adam' } }, [3, 1]).slice(1), [second])
  })

  it('adam adds weight decay to the gradient, adamw takes it off the parameter', () => {
    close(trace({ optimizer: { kind: 'adam' }, weightDecay: 0.5 }, [-0.5]), [1])
    close(trace({ optimizer: { kind: 'adamw' }, weightDecay: 0.5 }, [3]), [0.95 - 0.1])
  })

  it('scales down gradients that are too long, all together', () => {
    const update = optimizerOf({ ...base, clipNorm: 1 }, 2)
    const parameters = Float32Array.of(0, 0)
    update(parameters, Float32Array.of(3, 4), 1)
    close([...parameters], [-0.6, -0.8])
    update(parameters, Float32Array.of(0.3, 0.4), 1)
    close([...parameters], [-0.9, -1.2])
  })
})

describe('learning rates', () => {
  const rates = (recipe: Partial<Recipe>): number[] =>
    [0, 2, 4, 6].map(step => rateAt({ ...base, ...recipe }, { step, epoch: step / 2, steps: 8 }))

  it('are constant, half a cosine, a line or stairs', () => {
    close(rates({}), [0.1, 0.1, 0.1, 0.1])
    const half = Math.SQRT1_2
    close(rates({ schedule: { kind: 'cosine' } }), [0.1, 0.05 * (1 + half), 0.05, 0.05 * (1 - half)])
    close(rates({ schedule: { kind: 'linear', final: 0.5 } }), [0.1, 0.0875, 0.075, 0.0625])
    close(rates({ schedule: { kind: 'step', every: 2, factor: 0.1 } }), [0.1, 0.1, 0.01, 0.01])
    close(rates({ schedule: { kind: 'linear', per: 'epoch' } }), [0.1, 0.075, 0.05, 0.025])
  })

  it('rise over the warm-up', () => close(rates({ warmupSteps: 4 }), [0.025, 0.075, 0.1, 0.1]))
})

describe('checkRecipe', () => {
  const wrong: [string, Partial<Recipe>, string][] = [
    ['no epochs', { epochs: 0 }, 'training recipe, epochs: got 0, expected a whole number, 1 or more'],
    ['half a batch', { batch: 2.5 }, 'batch'],
    ['a rate that is no number', { learningRate: NaN }, 'learningRate'],
    ['negative decay', { weightDecay: -1 }, 'weightDecay'],
    ['nesterov without momentum', { optimizer: { kind: 'sgd', nesterov: true } }, 'nesterov'],
  ]
  for (const [what, change, message] of wrong)
    it(`refuses ${what}`, () => expect(() => checkRecipe({ ...base, ...change })).to.throw(message))
})
