import { partialOf } from '@open-datanets/content-store'
import { expect } from 'chai'
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { collectAbandoned } from '../../src/cli/abandonedFiles'

describe('collectAbandoned', () => {
  let folder: string
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'abandoned-'))))
  afterEach(() => rm(folder, { recursive: true }))

  const collect = async (publishFolder: string): Promise<string[]> => {
    const lines: string[] = []
    const contentFolder = join(folder, 'content')
    const contentStores = [contentFolder, 'https://gateway.example/content']
    const { signal } = new AbortController()
    const log = { info: (text: string): void => void lines.push(text) }
    await collectAbandoned({ contentFolder, contentStores, publishFolder }, log, signal)
    return lines
  }

  it('looks through every folder once, and says in one line how many files it were', async () => {
    const [content, epoch] = [join(folder, 'content', 'objects', '00'), join(folder, 'publish', 'epoch-1')]
    const yesterday = new Date(Date.now() - 86_400_000)
    for (const each of [content, epoch]) {
      await mkdir(each, { recursive: true })
      const left = partialOf(join(each, 'file'))
      await writeFile(left, 'half')
      await utimes(left, yesterday, yesterday)
    }
    const publish = join(folder, 'publish')
    expect(await collect(publish)).to.deep.equal(['2 half written files of killed processes were removed'])
    expect([...(await readdir(content)), ...(await readdir(epoch))]).to.deep.equal([])
    expect(await collect(publish)).to.deep.equal([])
  })

  it('given a folder that is none: says so, and goes on', async () => {
    const file = join(folder, 'file')
    await writeFile(file, '')
    expect(await collect(file)).to.deep.equal([
      `${file} was not looked through for files of killed processes (ENOTDIR)`,
    ])
  })
})
