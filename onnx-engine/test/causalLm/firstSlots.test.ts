import { expect } from 'chai'
import { firstSlots } from '../../src/causalLm/firstSlots'
import { tensor } from '../../src/model/tensor'

describe('firstSlots', () => {
  const feeds = { x: tensor('float32', [3, 2], [0, 1, 2, 3, 4, 5]), p: tensor('int64', [3], [7, 8, 9]) }

  it('reads the first slots in place', () => {
    const { x, p } = firstSlots(feeds, 2)
    expect(x).to.deep.equal(tensor('float32', [2, 2], [0, 1, 2, 3]))
    expect(p).to.deep.equal(tensor('int64', [2], [7, 8]))
    expect(x?.data.buffer).to.equal(feeds.x.data.buffer)
  })
})
