import { expect } from 'chai'
import { KeyValueCache } from '../../src/causalLm/keyValueCache'
import { tiny } from './tinyLm'

describe('KeyValueCache', () => {
  it('empties one slot and leaves the others', () => {
    const cache = new KeyValueCache(tiny, 3)
    for (const { data } of Object.values(cache.feeds)) (data as Float32Array).fill(NaN)
    cache.clear(1)
    for (const [name, { data }] of Object.entries(cache.feeds)) {
      const size = data.length / 3
      const emptied = Array.from(data as Float32Array, (value, i) =>
        value === 0 ? Math.floor(i / size) : 'full',
      )
      expect(new Set(emptied), name).to.deep.equal(new Set(['full', 1]))
      expect(emptied.filter(slot => slot === 1)).to.have.length(size)
    }
  })
})
