import { expect } from 'chai'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  canonicalBytes,
  type Digest,
  sha256,
  type Shard,
  SHARD_FORMAT,
  type ShardDocument,
} from '../../src/domain'
import { openSuspects } from '../../src/work'

const digest = (fill: string): Digest => `0x${fill.repeat(32)}`

function shardOf(seed: string): Shard {
  const document: ShardDocument = {
    ...{ format: SHARD_FORMAT, version: 1, graph: digest('aa'), tokenizer: digest('bb') },
    ...{ windowTokens: 16, seed, asked: { kind: 'losses' } },
    passages: [
      { text: digest('cc'), from: 0, to: 3 },
      { text: digest('dd'), from: 0, to: 1 },
    ],
  }
  const bytes = canonicalBytes(document)
  return { digest: sha256(bytes), bytes, document, content: new Map() }
}

describe('shards under suspicion', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'suspects-'))
    file = path.join(folder, 'suspects.jsonl')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('are forgotten once they are computed, or failed in order', async () => {
    const suspects = await openSuspects(file)
    expect(await suspects.tried(shardOf('a'), () => Promise.resolve(7))).to.equal(7)
    const failed = suspects.tried(shardOf('b'), () => Promise.reject(new Error('no such operator')))
    expect(await failed.catch((error: Error) => error.message)).to.equal('no such operator')
    const next = await openSuspects(file)
    for (const seed of ['a', 'b']) next.expectHarmless(shardOf(seed))
  })

  it('are refused by the next process when this one ended over them, and by no other reason', async () => {
    const suspects = await openSuspects(file)
    let begun = false
    void suspects.tried(shardOf('a'), () => ((begun = true), new Promise(() => undefined)))
    await suspects.tried(shardOf('b'), () => Promise.resolve())
    while (!begun) await sleep(1)
    const next = await openSuspects(file)
    next.expectHarmless(shardOf('b'))
    const error = await next.tried(shardOf('a'), () => Promise.resolve()).catch((reason: unknown) => reason)
    expect(error).to.have.property('code', 'SHARD_POISONED')
    const { message } = error as Error
    for (const part of [
      shardOf('a').digest,
      'losses of 4 windows',
      digest('aa'),
      `${digest('cc')} and 1 more`,
      file,
    ])
      expect(message).to.contain(part)
    // what is known stays known while others come and go
    await next.tried(shardOf('b'), () => Promise.resolve())
    expect((await readFile(file, 'utf8')).trim().split('\n')).to.have.length(1)
  })

  it('refuses a file that is something else', async () => {
    await writeFile(file, '{"shard":1}\n')
    const error = await openSuspects(file).catch((reason: unknown) => reason)
    expect(error).to.have.property('code', 'INVALID_DOCUMENT')
    expect((error as Error).message).to.contain(file)
  })
})
