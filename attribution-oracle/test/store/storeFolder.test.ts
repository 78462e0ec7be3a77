import { expect } from 'chai'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { EPOCH_STATES } from '../../src/domain'
import { isFault } from '../../src/errors'
import { EXIT, exitCodeOf } from '../../src/exitCode'
import { EpochStore } from '../../src/store'
import { holdFolder } from '../../src/store/folderLock'
import { faultOf } from './databases'
import { holdElsewhere } from './holding'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('EpochStore in a folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oracle-store-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('finds every epoch again after a restart, in whatever state it was', async () => {
    const store = await EpochStore.open(folder)
    for (const last of EPOCH_STATES.keys()) {
      await store.begin(last)
      for (let i = 0; i < last; i++)
        await store.advance(last, EPOCH_STATES[i]!, EPOCH_STATES[i + 1]!, {
          results: { at: bytes(`${last}/${i}`) },
        })
    }
    await store.close()
    const again = await EpochStore.open(folder)
    for (const [last, state] of EPOCH_STATES.entries()) {
      expect(await again.state(last)).to.equal(state)
      for (let i = 0; i < last; i++)
        expect(await again.result(last, EPOCH_STATES[i + 1]!, 'at')).to.deep.equal(bytes(`${last}/${i}`))
    }
    await again.close()
  })

  it('is refused to a second process, and free again when the first was killed', async () => {
    const { pid, kill } = await holdElsewhere(folder)
    const fault = await faultOf(EpochStore.open(folder))
    expect(isFault(fault, 'STORE_LOCKED') && fault.data.where).to.equal(folder)
    expect(isFault(fault, 'STORE_LOCKED') && fault.data.holder).to.include({ pid, host: hostname() })
    expect(String(fault)).to.match(new RegExp(`process ${pid} on ${hostname()}, since \\d{4}-`))
    expect(exitCodeOf(fault)).to.equal(EXIT.notYet)
    await kill()
    const store = await EpochStore.open(folder)
    expect(isFault(await faultOf(EpochStore.open(folder)), 'STORE_LOCKED')).to.equal(true)
    await store.close()
    expect(await readdir(join(folder, 'holders'))).to.deep.equal([])
  })

  it('is refused beside a holder that is suspended and says nothing', async () => {
    const { pid, kill } = await holdElsewhere(folder)
    process.kill(pid, 'SIGSTOP')
    const fault = await faultOf(EpochStore.open(folder))
    expect(isFault(fault, 'STORE_LOCKED') && fault.data).to.deep.equal({ where: folder })
    await kill()
  })

  it('tells which migrations opening it applied, and none the second time', async () => {
    const store = await EpochStore.open(folder)
    expect(store.applied).to.deep.equal(await store.migrations()).and.to.not.be.empty
    await store.close()
    const again = await EpochStore.open(folder)
    expect(again.applied).to.deep.equal([])
    await again.close()
  })

  it('says what is wrong with a folder that is no store', async () => {
    await mkdir(join(folder, 'base'), { recursive: true })
    await writeFile(join(folder, 'PG_VERSION'), '17\n')
    const fault = await faultOf(EpochStore.open(folder))
    expect(isFault(fault, 'STORE_CORRUPT') && fault.data.file).to.equal(folder)
    expect(await readdir(join(folder, 'holders'))).to.deep.equal([])
  })

  describe('holdFolder', () => {
    it('lets at most one of many starters in, however deep the folder lies', async () => {
      const deep = join(folder, 'x'.repeat(100), 'y'.repeat(100))
      for (let round = 0; round < 5; round++) {
        const starters = await Promise.allSettled(Array.from({ length: 6 }, () => holdFolder(deep)))
        const holders = starters.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []))
        expect(holders.length).to.be.at.most(1)
        for (const free of holders) await free()
      }
      const free = await holdFolder(deep)
      expect(isFault(await faultOf(holdFolder(deep)), 'STORE_LOCKED')).to.equal(true)
      await free()
    })
  })
})
