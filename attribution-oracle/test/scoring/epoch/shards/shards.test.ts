import { expect } from 'chai'
import fc from 'fast-check'
import {
  canonicalBytes,
  type Digest,
  readShard,
  SHARD_FORMAT,
  sha256,
  type ShardDocument,
  type Shard,
  type ShardComputer,
  type ShardRunner,
} from '../../../../src/domain'
import { AttributionOracleError } from '../../../../src/errors'
import { openLocalShards, scoreEpoch } from '../../../../src/scoring'
import { decodeShardResult, encodeShardResult } from '../../../../src/scoring/epoch/shards/shardResult'
import { answer, tinyEpoch } from '../tinyEpoch'

/** An epoch's shards with their results, in the order of asking. */
async function shardsOf(): Promise<{ shard: Shard; result: Uint8Array }[]> {
  const input = tinyEpoch()
  const local = openLocalShards({ workers: 1 })
  const seen: { shard: Shard; result: Uint8Array }[] = []
  const shards: ShardRunner = {
    ahead: 1,
    async run(asked, options) {
      const results = await local.run(asked, options)
      asked.forEach((shard, index) => seen.push({ shard, result: results[index]! }))
      return results
    },
  }
  const outputs = [answer(input.tokenize('function add(uint256 a, uint256 b) external pure'))]
  await scoreEpoch({ ...input, outputs, shards })
  await local.close()
  return seen
}

/** The shard as whoever has only bytes knows it. */
function fromBytes({ digest, bytes, content }: Shard): Shard {
  return { digest, bytes, document: readShard(bytes), content: new Map(content) }
}

function codeOf(work: () => unknown): string | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error instanceof AttributionOracleError ? error.code : `untyped: ${String(error)}`
  }
}

/** One of every kind of passage, as version 1 has them. */
function pinned(): ShardDocument {
  const [graph, tokenizer, text, answers] = ['graph', 'tokenizer', 'text', 'answers'].map(name =>
    sha256(Buffer.from(name)),
  ) as [Digest, Digest, Digest, Digest]
  return {
    ...{ format: SHARD_FORMAT, version: 1, graph, tokenizer, windowTokens: 16, seed: 'pinned' },
    asked: { kind: 'losses' },
    passages: [
      { text, from: 2, to: 3 },
      { text, shuffled: 'held out 0', from: 0, to: 1 },
      { answers, index: 4, from: 7, to: 8 },
    ],
  }
}
const PINNED = [
  '0x5dbdde4e70f2c4c5ada086b92f7612c13e5fbe881dabf9dd78210250e03e2b45',
  '0x8b968480a303ce857151b15e356679cee70db74bd5e1a63820b076a67638d53b',
]

describe('shards', function () {
  this.timeout(60_000)
  let all: { shard: Shard; result: Uint8Array }[]
  let computer: ShardComputer

  before(async () => {
    all = await shardsOf()
    computer = openLocalShards({ workers: 2 })
  })
  after(() => computer.close())

  const ofKind = (kind: string) => all.filter(({ shard }) => shard.document.asked.kind === kind)

  it('are of every kind, and more than one where there is much to do', () => {
    expect(ofKind('curvature')).to.have.length(1)
    expect(ofKind('features').length).to.be.above(3)
    expect(ofKind('losses').length).to.be.above(2)
  })

  it('give the same bytes to whoever knows nothing but their content', async () => {
    const results = await computer.run(all.map(({ shard }) => fromBytes(shard)))
    results.forEach((bytes, index) => {
      expect(Buffer.compare(bytes, all[index]!.result), String(index)).to.equal(0)
    })
  })

  it('give the same bytes in any order, and alone', async () => {
    const reversed = [...all].reverse()
    const results = await computer.run(reversed.map(({ shard }) => fromBytes(shard)))
    results.forEach((bytes, index) => expect(Buffer.compare(bytes, reversed[index]!.result)).to.equal(0))
    for (const { shard, result } of [all.at(0)!, all.at(-1)!]) {
      const [bytes] = await computer.run([fromBytes(shard)])
      expect(Buffer.compare(bytes!, result)).to.equal(0)
    }
  })

  it('know the size of their result before it is there', () => {
    for (const { shard, result } of all) {
      expect(computer.sizeOf(shard)).to.equal(result.length)
      computer.check(shard, result)
      expect(computer.agree(shard, result, result)).to.equal(true)
    }
  })

  it('refuse the result of another shard, cut off, made longer, or of something else', () => {
    for (const [index, { shard, result }] of all.entries()) {
      const other = all[(index + 1) % all.length]!.result
      const wrong = [other, result.subarray(0, -1), Buffer.concat([result, Buffer.of(0)]), Buffer.alloc(0)]
      for (const bytes of wrong)
        expect(codeOf(() => computer.check(shard, bytes))).to.equal('INVALID_DOCUMENT')
    }
  })

  it('refuse results whose layers are not those of the graph', () => {
    for (const { shard, result } of [...ofKind('curvature'), ...ofKind('features')]) {
      const read = decodeShardResult(shard.digest, shard.document, result)
      const merged = (sizes: readonly number[]): number[] => [sizes[0]! + sizes[1]!, ...sizes.slice(2)]
      const bent =
        read.kind === 'features'
          ? { ...read, sizes: merged(read.sizes) }
          : read.kind === 'curvature'
            ? { ...read, codes: { ...read.codes, sizes: merged(read.codes.sizes) } }
            : read
      const bytes = encodeShardResult(shard.digest, bent)
      expect(codeOf(() => computer.check(shard, bytes))).to.equal('INVALID_DOCUMENT')
    }
  })

  it('do not agree with numbers that are moved', () => {
    for (const { shard, result } of all) {
      const read = decodeShardResult(shard.digest, shard.document, result)
      if (read.kind === 'losses') read.losses[0]! *= 1.001
      else if (read.kind === 'features') read.sums.features.set(read.sums.features.map(x => -x))
      else read.codes.codes.set(read.codes.codes.map(code => -code))
      const moved = encodeShardResult(shard.digest, read)
      computer.check(shard, moved)
      expect(computer.agree(shard, result, moved)).to.equal(false)
    }
  })

  it('fail with INVALID_DOCUMENT and nothing else, whatever becomes of a result', () => {
    const damage = fc.tuple(fc.nat(), fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 40 }))
    fc.assert(
      fc.property(fc.nat(), damage, (which, [at, length, bytes]) => {
        const { shard, result } = all[which % all.length]!
        const damaged = Buffer.from(result)
        damaged.set(bytes.subarray(0, damaged.length - (at % damaged.length)), at % damaged.length)
        const cut = damaged.subarray(0, length % 3 === 0 ? length % damaged.length : damaged.length)
        expect(codeOf(() => computer.check(shard, cut))).to.be.oneOf([undefined, 'INVALID_DOCUMENT'])
      }),
      { numRuns: 500 },
    )
  })

  it('fail with INVALID_DOCUMENT and nothing else, whatever becomes of a shard', () => {
    const place = fc.tuple(fc.nat(), fc.nat(), fc.nat(255))
    fc.assert(
      fc.property(fc.oneof(place, fc.json()), change => {
        const [which, at, byte] = typeof change === 'string' ? [0, 0, 0] : change
        const bytes = Buffer.from(all[which % all.length]!.shard.bytes)
        bytes[at % bytes.length] = byte
        const given = typeof change === 'string' ? Buffer.from(change) : bytes
        expect(codeOf(() => readShard(given))).to.be.oneOf([undefined, 'INVALID_DOCUMENT'])
      }),
      { numRuns: 500 },
    )
  })

  it('are read in canonical form alone', () => {
    const { shard } = all[0]!
    const spaced = Buffer.concat([Buffer.from(shard.bytes), Buffer.from('\n')])
    expect(codeOf(() => readShard(spaced))).to.equal('INVALID_DOCUMENT')
    expect(readShard(shard.bytes)).to.deep.equal(shard.document)
  })

  it('have pinned bytes', () => {
    const document = pinned()
    const bytes = canonicalBytes(document)
    expect(readShard(bytes)).to.deep.equal(document)
    const losses = { kind: 'losses' as const, losses: Float32Array.of(1.5, 2.25, 0) }
    const result = encodeShardResult(sha256(bytes), losses)
    expect(decodeShardResult(sha256(bytes), document, result)).to.deep.equal(losses)
    expect([bytes, result].map(sha256)).to.deep.equal(PINNED)
  })

  it('refuse windows and answers that their content does not have', async () => {
    const failureOf = async (change: (document: Shard['document']) => object): Promise<unknown> => {
      const { shard } = ofKind('features').at(-1)!
      const bytes = canonicalBytes(change(shard.document))
      const bent = { ...fromBytes(shard), bytes, document: readShard(bytes) }
      return computer.run([bent]).then(
        () => undefined,
        (error: unknown) => (error as AttributionOracleError).code,
      )
    }
    const [passage] = ofKind('features').at(-1)!.shard.document.passages
    const beyond = { ...passage!, from: 0, to: 4000 }
    expect(await failureOf(document => ({ ...document, passages: [beyond] }))).to.equal('INVALID_DOCUMENT')
    const nowhere: Digest = `0x${'0'.repeat(64)}`
    const unknown = { text: nowhere, from: 0, to: 1 }
    expect(await failureOf(document => ({ ...document, passages: [unknown] }))).to.equal('INVALID_ARGUMENT')
  })
})
