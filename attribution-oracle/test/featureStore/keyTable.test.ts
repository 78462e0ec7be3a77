import { expect } from 'chai'
import { KeyTable } from '../../src/featureStore/keyTable'
import { keyOf } from './store'

describe('KeyTable', () => {
  it('keeps positions in the order of addition, through several growths', () => {
    const table = new KeyTable()
    for (let i = 0; i < 5000; i++) expect(table.add(keyOf(i))).to.equal(true)
    for (let i = 0; i < 5000; i++) expect(table.get(keyOf(i))).to.equal(i)
    expect(table.get(keyOf(5000))).to.equal(undefined)
    expect(table.add(keyOf(17))).to.equal(false)
    expect(table.size).to.equal(5000)
  })
})
