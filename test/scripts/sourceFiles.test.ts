import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { checkSourceFiles, mediaTypeOf, readSourceFiles, type SourceFile } from '../../scripts/sourceFiles'
import { isProtocolError, type ErrorCode } from '../../scripts/errors'
import { caught } from './caught'
import { temporaryFolder } from './temporaryFolder'

const file = (name: string, content: string | Uint8Array): SourceFile => ({
  name,
  bytes: Buffer.from(content),
})

function refusal<C extends ErrorCode>(code: C, files: SourceFile[], maxItemBytes?: number) {
  try {
    checkSourceFiles(files, maxItemBytes)
  } catch (error) {
    if (isProtocolError(error, code)) return error
    throw error
  }
  return expect.fail(`no ${code}`)
}

describe('sourceFiles', () => {
  const folder = temporaryFolder()

  describe('readSourceFiles', () => {
    it('reads the matching files of a folder and its subfolders, in the order of their names', async () => {
      await mkdir(join(folder(), 'src', 'deep'), { recursive: true })
      await writeFile(join(folder(), 'src', 'b.sol'), 'b')
      await writeFile(join(folder(), 'src', 'deep', 'a.sol'), 'a')
      await writeFile(join(folder(), 'src', 'notes.txt'), 'notes')
      const files = await readSourceFiles([join(folder(), 'src')])
      expect(files.map(({ name }) => name)).to.deep.equal(['b.sol', 'deep/a.sol'])
      expect(files.map(({ bytes }) => Buffer.from(bytes).toString())).to.deep.equal(['b', 'a'])
    })

    it('takes a file that is named itself whatever its ending', async () => {
      await writeFile(join(folder(), 'notes.txt'), 'notes')
      const files = await readSourceFiles([join(folder(), 'notes.txt')])
      expect(files.map(({ name }) => name)).to.deep.equal(['notes.txt'])
    })

    it('takes another ending when asked', async () => {
      await writeFile(join(folder(), 'notes.txt'), 'notes')
      const files = await readSourceFiles([folder()], { extension: '.txt' })
      expect(files).to.have.length(1)
    })

    it('leaves links in folders out', async () => {
      await writeFile(join(folder(), 'secret'), 'secret')
      await mkdir(join(folder(), 'src'))
      await writeFile(join(folder(), 'src', 'a.sol'), 'a')
      await symlink(join(folder(), 'secret'), join(folder(), 'src', 'b.sol'))
      const files = await readSourceFiles([join(folder(), 'src')])
      expect(files.map(({ name }) => name)).to.deep.equal(['a.sol'])
    })

    it('names a path that does not exist', async () => {
      const path = join(folder(), 'nowhere.sol')
      const error = await caught('FILE_UNREADABLE', readSourceFiles([path]))
      expect(error.data.path).to.equal(path)
      expect(error.data.got).to.contain('ENOENT')
    })

    it('names a folder that holds nothing to take, and what it looked for', async () => {
      const error = await caught('FILES_MISSING', readSourceFiles([folder()]))
      expect(error.data).to.deep.equal({ path: folder(), expected: 'at least one *.sol file' })
    })
  })

  describe('checkSourceFiles', () => {
    it('gives the digests in order', () => {
      // printf abc | sha256sum
      const digest = '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
      expect(checkSourceFiles([file('a.sol', 'abc')])).to.deep.equal([digest])
    })

    it('refuses no files at all', () => {
      expect(refusal('FILES_MISSING', []).message).to.contain('got 0 files; expected at least one')
    })

    it('refuses an empty file', () => {
      expect(refusal('FILE_EMPTY', [file('a.sol', '')]).message).to.contain(
        'a.sol cannot be contributed: got 0 bytes',
      )
    })

    it('refuses a file above the limit and takes one at it', () => {
      expect(checkSourceFiles([file('a.sol', 'abc')], 3)).to.have.length(1)
      const { data } = refusal('FILE_TOO_LARGE', [file('a.sol', 'abcd')], 3)
      expect(data).to.deep.equal({ path: 'a.sol', got: 4, expected: 3 })
    })

    it('refuses text that is not UTF-8, but takes the same bytes as data', () => {
      const bytes = new Uint8Array([0x61, 0xff])
      expect(checkSourceFiles([file('a.bin', bytes)])).to.have.length(1)
      const { data } = refusal('FILE_NOT_TEXT', [file('a.sol', bytes)])
      expect(data).to.deep.include({ path: 'a.sol', mediaType: 'text/x-solidity' })
    })

    it('refuses the same bytes under two names, naming both', () => {
      const { data } = refusal('FILE_DUPLICATE', [file('a.sol', 'x'), file('b.sol', 'y'), file('c.sol', 'x')])
      expect(data).to.deep.include({ path: 'c.sol', first: 'a.sol' })
      expect(data.got).to.contain('the same bytes')
    })

    it('refuses the same name twice', () => {
      const { data } = refusal('FILE_DUPLICATE', [file('a.sol', 'x'), file('a.sol', 'y')])
      expect(data.got).to.equal('the name "a.sol" a second time')
    })
  })

  it('knows media types by the ending', () => {
    expect(['A.SOL', 'b.md', 'c'].map(mediaTypeOf)).to.deep.equal([
      'text/x-solidity',
      'text/markdown',
      'application/octet-stream',
    ])
  })
})
