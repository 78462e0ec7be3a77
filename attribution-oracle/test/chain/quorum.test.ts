import { expect } from 'chai'
import { dataLength, id, Signature, Wallet } from 'ethers'
import { assembleQuorum, signersOf } from '../../src/chain'
import type { Attestation } from '../../src/domain'
import { isFault } from '../../src/errors'

const wallets = Array.from({ length: 10 }, (_, i) => new Wallet(id(`operator ${i}`)))
const members = wallets.map(({ address }) => address)
const DIGEST = id('post') as `0x${string}`
const word = (place: number, digest = DIGEST): Attestation => ({
  chainId: 1,
  oracle: members[0]!,
  epoch: 4,
  operator: members[place]!,
  digest,
  signature: Signature.from(wallets[place]!.signingKey.sign(digest)).compactSerialized as `0x${string}`,
})
const faultOf = (work: () => unknown): unknown => {
  try {
    return void work()
  } catch (error) {
    return error
  }
}

describe('assembleQuorum', () => {
  it("given no faults: the operator's own bit and no signature", () => {
    const signed = assembleQuorum({ members, faults: 0 }, members[6]!, DIGEST, [])
    expect(signed).to.deep.equal({ signers: 1 << 6, signatures: '0x' })
  })

  it('given three faults: its own bit and three signatures, ascending by place, no more', () => {
    const words = [word(9), word(1), word(4), word(0)]
    const { signers, signatures } = assembleQuorum({ members, faults: 3 }, members[2]!, DIGEST, words)
    expect(signersOf(members, signers)).to.deep.equal([0, 1, 2, 4].map(place => members[place]))
    expect(signatures).to.equal(`0x${[0, 1, 4].map(place => word(place).signature.slice(2)).join('')}`)
  })

  it('given a sender that is no operator: all bits are signatures', () => {
    const sender = new Wallet(id('relayer')).address
    const { signers, signatures } = assembleQuorum({ members, faults: 1 }, sender, DIGEST, [word(3), word(8)])
    expect([signers, dataLength(signatures)]).to.deep.equal([(1 << 3) | (1 << 8), 128])
  })

  it('counts an operator once', () => {
    const twice = faultOf(() =>
      assembleQuorum({ members, faults: 2 }, members[0]!, DIGEST, [word(1), word(1)]),
    )
    expect(isFault(twice, 'WRONG_STATE') && [twice.data.got, twice.data.expected]).to.deep.equal(['2', '3'])
  })

  it('knows place 31', () => {
    const many = Array.from({ length: 32 }, (_, i) => new Wallet(id(`operator ${i}`)).address)
    expect(assembleQuorum({ members: many, faults: 0 }, many[31]!, DIGEST, []).signers).to.equal(2 ** 31)
    expect(signersOf(many, 2 ** 31)).to.deep.equal([many[31]])
  })

  it('refuses the word for another post, of somebody else, and of no operator', () => {
    const refused = (attestation: Attestation): boolean =>
      isFault(
        faultOf(() => assembleQuorum({ members, faults: 1 }, members[0]!, DIGEST, [attestation])),
        'INVALID_ARGUMENT',
      )
    expect(refused(word(1, id('another post') as `0x${string}`))).to.equal(true)
    expect(refused({ ...word(1), operator: members[2]! })).to.equal(true)
    const stranger = assembleQuorum.bind(
      undefined,
      { members: members.slice(0, 5), faults: 1 },
      members[0]!,
      DIGEST,
    )
    expect(
      isFault(
        faultOf(() => stranger([word(7)])),
        'INVALID_ARGUMENT',
      ),
    ).to.equal(true)
  })
})
