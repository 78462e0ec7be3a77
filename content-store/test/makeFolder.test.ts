import { expect } from 'chai'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { makeFolder, openContentStore } from '../src'
import { failure } from './failure'

describe('makeFolder', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'folder-'))))
  afterEach(() => rm(folder, { recursive: true }))

  const codeAt = (target: string): Promise<string | undefined> =>
    makeFolder(target).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code,
    )

  it('makes everything above it, with the mode that is asked for, and takes what is there', async () => {
    const deep = path.join(folder, 'a', 'b', 'c')
    await makeFolder(deep, 0o700)
    for (const each of [deep, path.join(folder, 'a')]) expect((await stat(each)).mode & 0o777).to.equal(0o700)
    await makeFolder(deep)
    await makeFolder('/')
  })

  it('given many at once: all of them find it made', async () => {
    const deep = path.join(folder, 'x', 'y', 'z')
    await Promise.all(Array.from({ length: 20 }, () => makeFolder(deep)))
    expect((await stat(deep)).isDirectory()).to.equal(true)
  })

  it('given a file in the way: says so', async () => {
    await writeFile(path.join(folder, 'file'), '')
    expect(await codeAt(path.join(folder, 'file'))).to.equal('EEXIST')
    expect(await codeAt(path.join(folder, 'file', 'below'))).to.equal('ENOTDIR')
  })

  it('given a file system that takes no folder: ends, and a content store in it says CONTENT_UNREADABLE', async function () {
    if (process.platform !== 'linux') this.skip()
    expect(await codeAt('/proc/no/such/folder')).to.equal('ENOENT')
    const fault = await failure(openContentStore('/proc/content').put(new Uint8Array(1)))
    expect([fault.code, fault.message.includes('/proc/content')]).to.deep.equal(['CONTENT_UNREADABLE', true])
  })
})
