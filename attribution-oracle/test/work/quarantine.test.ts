import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
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

  it('takes out what a killed process wrote in part, and nothing that is whole', async () => {
    await (await openQuarantine(file)).add('liar', 'flipped codes')
    const whole = await readFile(file, 'utf8')
    for (let length = 1; length < whole.length - 1; length++) {
      await writeFile(file, whole + whole.slice(0, length))
      expect((await openQuarantine(file)).has('liar')).to.equal(true)
      expect(await readFile(file, 'utf8')).to.equal(whole)
    }
    await writeFile(file, whole.trimEnd())
    await (await openQuarantine(file)).add('other', 'oversize')
    const both = await openQuarantine(file)
    expect(['liar', 'other'].map(worker => both.has(worker))).to.deep.equal([true, true])
  })

  it('refuses a file that is something else, and leaves it as it is', async () => {
    for (const text of ['{"worker":"liar"}\n', 'rpc: somewhere', '{"worker":7']) {
      await writeFile(file, text)
      const error = await openQuarantine(file).catch((reason: unknown) => reason)
      expect(error).to.have.property('code', 'INVALID_DOCUMENT')
      expect((error as Error).message).to.contain(file)
      expect(await readFile(file, 'utf8')).to.equal(text)
    }
  })
})
