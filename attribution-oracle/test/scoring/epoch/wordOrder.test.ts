import { counterBytes } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import { withoutOrder } from '../../../src/scoring/epoch/wordOrder'

describe('withoutOrder', () => {
  const text = 'function add(uint256 a, uint256 b) returns (uint256) {\n    return a + b; // sum\n}\n'
  const shuffled = withoutOrder(text, counterBytes('seed'))
  const words = (source: string): string[] => source.match(/\w+/g) ?? []

  it('keeps the words, the marks and the layout', () => {
    expect(words(shuffled).sort()).to.deep.equal(words(text).sort())
    expect(shuffled.replace(/\w+/g, 'w')).to.equal(text.replace(/\w+/g, 'w'))
  })

  it('changes the order', () => {
    expect(words(shuffled)).not.to.deep.equal(words(text))
  })
})
