import { expect } from 'chai'

import { isBuildOf } from '../../scripts/deployedCode'

const ZEROS = '00'.repeat(32)
const WORD = 'ab'.repeat(32)
// constructor, then: PUSH32 immutable, PUSH1 5, ADD
const BUILD = `0x60806040${`7f${ZEROS}600501`}`

describe('isBuildOf', () => {
  it('accepts any value of an immutable', () => {
    expect(isBuildOf(`0x7f${WORD}600501`, BUILD)).to.equal(true)
    expect(isBuildOf(`0x7f${ZEROS}600501`, BUILD)).to.equal(true)
  })

  it('finds the runtime code before constants of the constructor', () => {
    expect(isBuildOf(`0x7f${WORD}600501`, `${BUILD}${WORD}`)).to.equal(true)
  })

  it('refuses another opcode, another constant, more and less code', () => {
    expect(isBuildOf(`0x7f${WORD}600502`, BUILD)).to.equal(false)
    expect(isBuildOf(`0x7f${WORD}600601`, BUILD)).to.equal(false)
    expect(isBuildOf(`0x7f${WORD}60050100`, BUILD)).to.equal(false)
    expect(isBuildOf(`0x7f${ZEROS}`, `0x7f${WORD}`)).to.equal(false)
  })

  it('refuses an address without code', () => {
    expect(isBuildOf('0x', BUILD)).to.equal(false)
  })
})
