import { expect } from 'chai'
import fc from 'fast-check'
import { sha256 } from '../../src/domain'
import { AttributionOracleError } from '../../src/errors'
import { readAnswer, readTask, writeAnswer, writeTask } from '../../src/work/messages'

const digest = fc.uint8Array().map(sha256)
const answer = fc.oneof(
  fc.record({ shard: digest, result: digest }),
  fc.record({ shard: digest, failed: fc.string({ maxLength: 1000 }) }),
)

/** Either it reads, or it fails with our own fault. */
function expectTyped(read: (bytes: Uint8Array) => unknown, bytes: Uint8Array): void {
  try {
    read(bytes)
  } catch (error) {
    expect(error).to.be.instanceOf(AttributionOracleError).with.property('code', 'INVALID_DOCUMENT')
  }
}

describe('messages about shards', () => {
  it('come back from their bytes', () => {
    fc.assert(
      fc.property(digest, answer, (shard, given) => {
        expect(readTask(writeTask(shard))).to.equal(shard)
        expect(readAnswer(writeAnswer(given))).to.deep.include(given)
      }),
    )
  })

  it('fail with INVALID_DOCUMENT and nothing else, whatever the bytes', () => {
    const json = fc.json().map(text => Buffer.from(text))
    const bent = fc
      .tuple(answer, fc.nat(), fc.nat(255))
      .map(([given, at, byte]) =>
        writeAnswer(given).map((old, i, all) => (i === at % all.length ? byte : old)),
      )
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), json, bent), bytes => {
        expectTyped(readTask, bytes)
        expectTyped(readAnswer, bytes)
      }),
    )
  })

  it('are refused when they are large, before they are parsed', () => {
    const large = Buffer.concat([writeTask(sha256(Buffer.of(1))), Buffer.alloc(10_000, 0x20)])
    expect(() => readTask(large))
      .to.throw(AttributionOracleError)
      .with.property('code', 'INVALID_DOCUMENT')
  })

  it('cut a long reason off, instead of giving nobody an answer', () => {
    const shard = sha256(Buffer.of(1))
    const read = readAnswer(writeAnswer({ shard, failed: 'x'.repeat(5000) }))
    expect(read).to.deep.include({ failed: 'x'.repeat(1000) })
  })
})
