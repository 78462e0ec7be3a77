import { expect } from 'chai'
import { AbiCoder, Interface, type EventFragment } from 'ethers'
import fc from 'fast-check'
import { INTERFACES } from '../../src/chain/contracts'
import { staticDecoder } from '../../src/chain/staticEvent'
import type { LogRecord } from '../../src/domain'

const fragments = Object.values(INTERFACES).flatMap(abi =>
  (abi as Interface).fragments.filter((each): each is EventFragment => each.type === 'event'),
)
const covered = fragments.filter(fragment => staticDecoder(fragment))

describe('staticDecoder', () => {
  it('knows the events that come by the thousand', () => {
    const names = covered.map(({ name }) => name)
    expect(names).to.include.members([
      'BatchCommitted',
      'ContributorRegistered',
      'VoucherRedeemed',
      'PoolFunded',
    ])
  })

  it('leaves events with texts, lists and structs alone', () => {
    const text = Interface.from(['event E(string a)', 'event F(uint8[] a)', 'event G(tuple(uint8 a) b)'])
    for (const name of ['E', 'F', 'G']) expect(staticDecoder(text.getEvent(name)!)).to.equal(undefined)
  })

  it('gives what ethers gives, for every event of the system', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...covered),
        fc.infiniteStream(fc.bigInt({ min: 0n, max: 2n ** 256n - 1n })),
        (fragment, numbers) => {
          const values = fragment.inputs.map(({ type }) => valueOf(type, numbers.next().value as bigint))
          const abi = new Interface([fragment])
          const log = { ...record, ...abi.encodeEventLog(fragment, values) }
          const expected = abi.decodeEventLog(fragment, log.data, log.topics).toObject()
          expect(staticDecoder(fragment)!(log)).to.deep.equal(expected)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('refuses a word that holds more than its field, and too few or too many words', () => {
    const abi = new Interface(['event E(uint32 indexed a, address b, bool c, bytes24 d)'])
    const fragment = abi.getEvent('E')!
    const decode = staticDecoder(fragment)!
    const word = (value: bigint): string => value.toString(16).padStart(64, '0')
    const log = (topics: bigint[], data: bigint[]): LogRecord => ({
      ...record,
      topics: [fragment.topicHash, ...topics.map(value => `0x${word(value)}`)],
      data: `0x${data.map(word).join('')}`,
    })
    expect(decode(log([1n], [2n, 1n, 1n << 64n]))).to.deep.include({ a: 1n, c: true })
    const wrong: [bigint[], bigint[]][] = [
      [[1n << 32n], [2n, 1n, 0n]],
      [[1n], [1n << 160n, 1n, 0n]],
      [[1n], [2n, 2n, 0n]],
      [[1n], [2n, 1n, 1n]],
      [[], [2n, 1n, 0n]],
      [
        [1n, 1n],
        [2n, 1n, 0n],
      ],
      [[1n], [2n, 1n]],
      [[1n], [2n, 1n, 0n, 0n]],
    ]
    for (const [topics, data] of wrong) expect(() => decode(log(topics, data))).to.throw(RangeError)
  })
})

const HASH = `0x${'22'.repeat(32)}` as const
const record: LogRecord = {
  ...{ blockNumber: 1, logIndex: 0, address: '0x', blockHash: HASH, transactionHash: HASH },
  ...{ topics: [], data: '0x' },
}

/** A value of the type, out of 256 random bits. */
function valueOf(type: string, bits: bigint): unknown {
  const [, kind, size] = /^(address|bool|uint|bytes)(\d*)$/.exec(type)!
  if (kind === 'bool') return (bits & 1n) === 1n
  if (kind === 'uint') return bits & ((1n << BigInt(size!)) - 1n)
  const encoded = AbiCoder.defaultAbiCoder().encode(['uint256'], [bits])
  return kind === 'address' ? `0x${encoded.slice(26)}` : encoded.slice(0, 2 + 2 * Number(size))
}
