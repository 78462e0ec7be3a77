import { expect } from 'chai'
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openContentStore, partialOf, removeAbandoned } from '../src'

const HOURS = 3_600_000

describe('removeAbandoned', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'partial-'))))
  afterEach(() => rm(folder, { recursive: true }))

  const left = async (file: string, hoursAgo: number): Promise<string> => {
    await writeFile(file, 'half')
    const time = new Date(Date.now() - hoursAgo * HOURS)
    await utimes(file, time, time)
    return file
  }

  it('removes what was left half written an hour ago, wherever it lies, and says how many', async () => {
    const store = openContentStore(folder)
    const digest = await store.put(new Uint8Array([1]))
    const shelf = path.join(folder, 'objects', digest.slice(2, 4))
    await left(partialOf(path.join(shelf, digest.slice(2))), 2)
    await mkdir(path.join(folder, 'epoch-1'))
    await left(partialOf(path.join(folder, 'epoch-1', 'tree.bin')), 2)
    expect(await removeAbandoned(folder)).to.equal(2)
    expect(await removeAbandoned(folder)).to.equal(0)
    expect(await store.has(digest)).to.equal(true)
  })

  it('keeps what may still be written to, what has its name, and what only looks like it', async () => {
    const names = ['object', 'notes.tmp', 'x.0123456789ab.tmp.keep'].map(name => path.join(folder, name))
    for (const name of names) await left(name, 100)
    const young = await left(partialOf(path.join(folder, 'young')), 0)
    expect(await removeAbandoned(folder)).to.equal(0)
    expect((await readdir(folder)).sort()).to.deep.equal(
      [...names, young].map(each => path.basename(each)).sort(),
    )
  })

  it('follows no link out of the folder, and finds nothing where no folder is', async () => {
    const outside = await mkdtemp(path.join(tmpdir(), 'outside-'))
    await left(partialOf(path.join(outside, 'file')), 2)
    await symlink(outside, path.join(folder, 'link'))
    expect(await removeAbandoned(folder)).to.equal(0)
    expect(await removeAbandoned(path.join(folder, 'absent'))).to.equal(0)
    await rm(outside, { recursive: true })
  })
})
