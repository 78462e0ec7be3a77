import { expect } from 'chai'
import { GraphBuilder, numbersOf, tensor } from '../../src/index'
import { sampledLabels } from '../../src/features/sampledLabels'
import { sample } from '../graph/checkGradients'
import { runModel } from '../runModel'

function labelsModel(classes: number) {
  const b = new GraphBuilder('labels')
  const probabilities = b.input('probabilities', 'float32', ['B', 'T', classes])
  b.output(sampledLabels(b, probabilities, b.input('uniforms', 'float32', ['B', 'T'])), 'labels')
  return b.model()
}

function distribution(classes: number): number[] {
  const weights = numbersOf(sample([classes], 0, 1, classes)).map((w, i) => (i % 5 === 3 ? 0 : w ** 3))
  const total = weights.reduce((x, y) => x + y)
  return weights.map(weight => weight / total)
}

describe('sampledLabels', () => {
  for (const classes of [2, 7, 16, 50])
    it(`draws ${classes} classes as often as their probability says`, async () => {
      const draws = 4000
      const p = distribution(classes)
      const uniforms = Array.from({ length: draws }, (_, i) => (i + 0.5) / draws)
      const { labels } = await runModel(labelsModel(classes), {
        probabilities: tensor(
          'float32',
          [1, draws, classes],
          uniforms.flatMap(() => p),
        ),
        uniforms: tensor('float32', [1, draws], uniforms),
      })
      const counts = p.map(() => 0)
      for (const label of numbersOf(labels!)) counts[label]!++
      // Uniforms on a grid hit an interval of length p exactly p·draws times, up to its two ends.
      counts.forEach((count, c) => expect(Math.abs(count - p[c]! * draws), `class ${c}`).to.be.at.most(1.01))
      expect(counts.filter((_, c) => p[c] === 0).every(count => count === 0)).to.equal(true)
    })

  it('stays inside of the classes for uniform numbers at both ends', async () => {
    const uniforms = [0, Math.fround(1 - 2 ** -24)]
    const { labels } = await runModel(labelsModel(7), {
      probabilities: tensor('float32', [1, 2, 7], [...distribution(7), ...distribution(7)]),
      uniforms: tensor('float32', [1, 2], uniforms),
    })
    expect(numbersOf(labels!)).to.deep.equal([0, 6])
  })
})
