import { expect } from 'chai'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openContentStore } from '@open-datanets/content-store'
import { windowCount, type ContentStore, type Shard, type ShardComputer } from '../../src/domain'
import { openLocalShards, scoreEpoch } from '../../src/scoring'
import { decodeShardResult, encodeShardResult } from '../../src/scoring/epoch/shards/shardResult'
import { Assignment } from '../../src/work/assignment'
import { Judge } from '../../src/work/judge'
import { workEpoch } from './workEpoch'

describe('the judge of workers', () => {
  const local = openLocalShards({ workers: 1 })
  let folder: string
  let content: ContentStore
  let empty: Shard
  let full: Shard

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'judge-'))
    content = openContentStore(folder)
    const shards: Shard[] = []
    const recording = computing((asked, options) => {
      shards.push(...asked)
      return local.run(asked, options)
    })
    // nobody paid for anything, so that the outputs are a shard without windows
    await scoreEpoch({ ...workEpoch(), outputs: [], shards: recording })
    empty = shards.find(({ document }) => windowCount(document) === 0)!
    full = shards.find(({ document }) => document.asked.kind === 'losses' && windowCount(document) > 0)!
  })
  after(async () => {
    await local.close()
    await rm(folder, { recursive: true })
  })

  const computing = (run: ShardComputer['run']): ShardComputer => ({
    ahead: 1,
    run,
    sizeOf: shard => local.sizeOf(shard),
    check: (shard, result) => local.check(shard, result),
    agree: (shard, ours, theirs) => local.agree(shard, ours, theirs),
    isOfContent: error => local.isOfContent(error),
    close: () => Promise.resolve(),
  })
  const resultOf = async (shard: Shard): Promise<Uint8Array> => (await local.run([shard]))[0]!
  const lieAbout = async (shard: Shard): Promise<Uint8Array> => {
    const result = decodeShardResult(shard.digest, shard.document, await resultOf(shard))
    if (result.kind === 'losses') result.losses.forEach((loss, at, losses) => (losses[at] = loss + 0.1))
    return encodeShardResult(shard.digest, result)
  }
  /** Checks nothing that it need not check. */
  const judge = (): Judge => new Judge({ scratch: content, local, rescoreShare: 0, draw: () => 1 })
  const verdict = async (by: Judge, shard: Shard, result: Uint8Array): Promise<string> => {
    const answer = { shard: shard.digest, result: await content.put(result) }
    const { kind, ...said } = await by.verdict(new Assignment(shard), 'worker', answer)
    return 'checked' in said && said.checked ? `${kind}, checked` : kind
  }

  it('checks every worker until it was right once', async () => {
    const by = judge()
    expect(await verdict(by, full, await resultOf(full))).to.equal('good, checked')
    expect(await verdict(by, full, await resultOf(full))).to.equal('good')
  })

  it('learns nothing of a worker from a shard that has one answer only', async () => {
    const by = judge()
    expect(await verdict(by, empty, await resultOf(empty))).to.equal('good, checked')
    expect(await verdict(by, full, await lieAbout(full))).to.equal('lie')
  })

  it('learns nothing of a worker from what it could not compute itself', async () => {
    let broken = true
    const failing = computing((...asked) =>
      broken ? Promise.reject(new Error('out of memory')) : local.run(...asked),
    )
    const by = new Judge({ scratch: content, local: failing, rescoreShare: 0, draw: () => 1 })
    const error = await verdict(by, full, await lieAbout(full)).catch((reason: unknown) => reason)
    expect(String(error)).to.contain('out of memory')
    broken = false
    expect(await verdict(by, full, await lieAbout(full))).to.equal('lie')
  })
})
