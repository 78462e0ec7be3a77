import { expect } from 'chai'
import fc from 'fast-check'
import { gradientRules } from '../../src/graph/gradients/reverse'
import { operatorOf } from '../../src/graph/nodeAttributes'
import { checkOperator } from './operators/checkOperator'
import { elementwiseCases } from './operators/elementwiseCases'
import { indexingCases } from './operators/indexingCases'
import { layoutCases } from './operators/layoutCases'
import { linearCases } from './operators/linearCases'
import { normalizationCases } from './operators/normalizationCases'
import type { Cases } from './operators/operatorCase'
import { modelOf } from './operators/operatorCase'
import { poolingCases } from './operators/poolingCases'
import { reductionCases } from './operators/reductionCases'

const families: Record<string, Cases> = {
  'element by element': elementwiseCases,
  'linear maps and convolutions': linearCases,
  pools: poolingCases,
  normalizations: normalizationCases,
  reductions: reductionCases,
  layout: layoutCases,
  indexing: indexingCases,
}

describe('operators of any shape, attributes and values', () => {
  for (const [family, cases] of Object.entries(families))
    describe(family, () => {
      for (const [title, arbitrary] of Object.entries(cases))
        it(title, async () => {
          await fc.assert(
            fc.asyncProperty(arbitrary, async one => {
              const { differences, backwardTwin, float32, shapes } = await checkOperator(one)
              expect(shapes).to.deep.equal([])
              expect(differences, 'gradients against central differences').to.be.below(1e-7)
              // Its constants, such as √(2/π), were rounded to float32 first.
              expect(backwardTwin, 'twin of the backward pass').to.be.below(1e-5)
              expect(float32, 'float32 against float64').to.be.below(1e-5)
            }),
            { numRuns: 20 },
          )
        })
    })

  it('are all that have a gradient', () => {
    const drawn = Object.values(families).flatMap(cases =>
      Object.values(cases).flatMap(arbitrary => fc.sample(arbitrary, { numRuns: 1 })),
    )
    const checked = new Set(drawn.flatMap(one => modelOf(one).graph.nodes.map(operatorOf)))
    expect([...gradientRules.keys()].filter(operator => !checked.has(operator))).to.deep.equal([])
  })
})
