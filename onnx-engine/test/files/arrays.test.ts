import { expect } from 'chai'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeNpz, OnnxEngineError, readArrays, writeArray, type NpyArray } from '../../src/index'

const array: NpyArray = { shape: [2, 2], dtype: 'int32', data: Int32Array.of(1, -2, 3, 4) }

async function errorOf(work: Promise<unknown>): Promise<OnnxEngineError> {
  const error: unknown = await work.then(
    () => expect.fail('expected a rejection'),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(OnnxEngineError)
  return error as OnnxEngineError
}

describe('files of arrays', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'arrays-'))
  })
  afterEach(() => rm(folder, { recursive: true }))

  it('give back one array under the empty name', async () => {
    await writeArray(join(folder, 'a.npy'), array)
    await writeArray(join(folder, 'a.npy'), array)
    expect([...(await readArrays(join(folder, 'a.npy')))]).to.deep.equal([['', array]])
    expect(await readdir(folder)).to.deep.equal(['a.npy'])
  })

  it('give back several by their names, whatever the file is called', async () => {
    await writeFile(join(folder, 'arrays'), encodeNpz(new Map([['x', array]])))
    expect([...(await readArrays(join(folder, 'arrays')))]).to.deep.equal([['x', array]])
  })

  it('name the file that is missing or is no array', async () => {
    const path = join(folder, 'a.npy')
    expect((await errorOf(readArrays(path))).code).to.equal('FILE_FAILED')
    await writeFile(path, 'a,b')
    const error = await errorOf(readArrays(path))
    expect(error.code).to.equal('MALFORMED_NPY')
    expect(error.message).to.include(`file in ${path}: got bytes 612c62`)
  })
})
