import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect } from 'chai'
import { openQuarantine } from '../../src/work'

describe('the quarantine', () => {
  let folder: string
  let file: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'quarantine-'))
    file = path.join(folder, 'workers.jsonl')
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('outlives the process that filled it', async () => {
    const first = await openQuarantine(file)
    expect(first.has('liar')).to.equal(false)
    await first.add('liar', 'flipped codes')
    await first.add('liar', 'again')
    await first.add('other', 'oversize')
    const second = await openQuarantine(file)
    expect(['liar', 'other', 'honest'].map(worker => second.has(worker))).to.deep.equal([true, true, false])
  })

  it('is kept in memory without a file', async () => {
    const first = await openQuarantine()
    await first.add('liar', 'flipped codes')
    expect(first.has('liar')).to.equal(true)
    expect((await openQuarantine()).has('liar')).to.equal(false)
  })

  it('refuses a file that is something else', async () => {
    await writeFile(file, '{"worker":"liar"}\n')
    const error = await openQuarantine(file).catch((reason: unknown) => reason)
    expect(error).to.have.property('code', 'INVALID_DOCUMENT')
    expect((error as Error).message).to.contain(file)
  })
})
