import { expect } from 'chai'
import { sha256 } from '../../../src/domain'
import { scoreEpoch } from '../../../src/scoring'
import { decodeEpochCodes, encodeEpochCodes } from '../../../src/scoring/epoch/epochCodes'
import { answer, tinyEpoch } from './tinyEpoch'

describe('scoreEpoch, of codes that somebody committed to', () => {
  const epoch = tinyEpoch()
  const outputs = [answer(epoch.tokenize('function transfer(address to, uint256 amount)'))]
  const input = { ...epoch, outputs }
  let own: Awaited<ReturnType<typeof scoreEpoch>>
  const against = (codes: Uint8Array | undefined) =>
    scoreEpoch({ ...input, committed: () => Promise.resolve(codes) })
  /** Our own codes, with some of the files' moved by one. */
  const moved = (count: number): Uint8Array => {
    const codes = decodeEpochCodes(own.codes!)
    const { codes: files } = codes.checkpoints[0]!.files
    for (let i = 0; i < count; i++) files[i]! += files[i]! > 0 ? -1 : 1
    return encodeEpochCodes(codes)
  }

  before(async () => {
    own = await scoreEpoch(input)
  })

  it('publishes the codes that its digest names', () => {
    expect(own.receipt.codes).to.equal(sha256(own.codes!))
    expect(own.value.size).to.equal(4)
  })

  it('gives what the committed codes give, to the last bit, where they are near ours', async () => {
    const theirs = moved(2)
    const scored = await against(theirs)
    expect(scored.receipt.codes).to.equal(sha256(theirs))
    expect([...scored.estimates]).to.not.deep.equal([...own.estimates])
    // another machine comes to the same from the same bytes
    const again = await against(theirs)
    expect([...again.value]).to.deep.equal([...scored.value])
    expect([...again.estimates]).to.deep.equal([...scored.estimates])
    expect(again.usage).to.deep.equal(scored.usage)
  })

  it('stays with ours where they are far, broken or withheld', async () => {
    const many = moved(decodeEpochCodes(own.codes!).checkpoints[0]!.files.codes.length)
    for (const theirs of [many, own.codes!.subarray(1), Buffer.from('no codes'), undefined]) {
      const scored = await against(theirs)
      expect(scored.receipt).to.deep.equal(own.receipt)
      expect([...scored.estimates]).to.deep.equal([...own.estimates])
    }
  })

  it('asks for no more bytes than ours have', async () => {
    const asked: number[] = []
    await scoreEpoch({
      ...input,
      committed: most => {
        asked.push(most)
        return Promise.resolve(undefined)
      },
    })
    expect(asked).to.deep.equal([own.codes!.length])
  })
})
