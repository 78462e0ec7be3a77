import { expect } from 'chai'
import fc from 'fast-check'
import {
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  decodeModel,
  DirectSession,
  encodeModel,
  GraphBuilder,
  OnnxEngineError,
  readModelFile,
  stringTensor,
  tensor,
  writeModelFile,
  type Model,
  type Tensor,
} from '../../src/index'

const PAGE = 4096

async function errorOf(work: Promise<unknown>): Promise<OnnxEngineError> {
  const error: unknown = await work.then(
    () => expect.fail('expected a rejection'),
    (reason: unknown) => reason,
  )
  expect(error).to.be.instanceOf(OnnxEngineError)
  return error as OnnxEngineError
}

function modelWith(weights: Record<string, Tensor>): Model {
  const builder = new GraphBuilder('sum')
  const x = builder.input('x', 'float32', ['N'])
  builder.output(builder.add(x, builder.initializer('bias', tensor('float32', [3], [1, 2, 3]))), 'y')
  const { graph, ...model } = builder.model()
  return {
    ...model,
    graph: { ...graph, initializers: new Map([...graph.initializers, ...Object.entries(weights)]) },
  }
}

const model = modelWith({
  wide: tensor('float64', [2], [1e300, -1]),
  half: tensor('float16', [5], [1, 2, 3, 4, 5]),
  empty: tensor('int64', [0], []),
  texts: stringTensor([2], ['a', 'b']),
})

describe('model files', () => {
  let folder: string
  let path: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'model-files-'))
    path = join(folder, 'model.onnx')
  })
  afterEach(() => rm(folder, { recursive: true }))

  describe('given a model in one file', () => {
    it('come back as they were, and leave nothing else behind', async () => {
      await writeModelFile(path, model)
      expect(await readModelFile(path)).to.deep.equal(model)
      expect(await readdir(folder)).to.deep.equal(['model.onnx'])
      expect(new Uint8Array(await readFile(path))).to.deep.equal(encodeModel(model))
    })

    it('name the file that is missing', async () => {
      const error = await errorOf(readModelFile(path))
      expect(error.code).to.equal('FILE_FAILED')
      expect(error.message).to.include(`Cannot read ${path}`)
    })

    it('name the folder that is missing, and leave the old file as it was', async () => {
      await writeModelFile(path, model)
      const error = await errorOf(writeModelFile(join(folder, 'none', 'model.onnx'), model))
      expect(error.code).to.equal('FILE_FAILED')
      await mkdir(join(folder, 'model.onnx.data'))
      expect((await errorOf(writeModelFile(path, model, { externalData: 0 }))).code).to.equal('FILE_FAILED')
      expect(await readdir(folder)).to.have.members(['model.onnx', 'model.onnx.data'])
      expect(await readModelFile(path)).to.deep.equal(model)
    })
  })

  describe('given external data', () => {
    beforeEach(() => writeModelFile(path, model, { externalData: 8 }))

    it('come back as they were, from whole pages', async () => {
      expect(await readModelFile(path)).to.deep.equal(model)
      expect(await readdir(folder)).to.have.members(['model.onnx', 'model.onnx.data'])
      // Three weights are longer than eight bytes: bias, wide, half.
      expect((await stat(`${path}.data`)).size).to.equal(3 * PAGE)
    })

    it('are found by ONNX Runtime beside the model', async () => {
      const session = await DirectSession.create({ model: path })
      const { y } = await session.run({ x: tensor('float32', [3], [10, 20, 30]) })
      expect(y?.data).to.deep.equal(Float32Array.of(11, 22, 33))
      await session.close()
    })

    it('of any cut come back', async () => {
      const weights = fc.array(fc.float32Array({ maxLength: 40 }), { maxLength: 6 })
      await fc.assert(
        fc.asyncProperty(weights, fc.nat(80), async (arrays, externalData) => {
          const tensors = arrays.map((data): [string, Tensor] => [
            `w${data.length}`,
            { dtype: 'float32', dims: [data.length], data },
          ])
          const given = modelWith(Object.fromEntries(tensors))
          await writeModelFile(path, given, { externalData })
          expect(encodeModel(await readModelFile(path))).to.deep.equal(encodeModel(given))
        }),
        { numRuns: 30 },
      )
    })

    it('are not read from bytes alone, and the message says what does', async () => {
      const bytes = new Uint8Array(await readFile(path))
      expect(() => decodeModel(bytes)).to.throw(OnnxEngineError, /data in another file.*readModelFile/)
    })

    it('are refused when the file is missing', async () => {
      await rm(`${path}.data`)
      const error = await errorOf(readModelFile(path))
      expect(error.code).to.equal('EXTERNAL_DATA')
      expect(error.message).to.include('tensor "bias"').and.include(`no file ${path}.data`)
    })

    it('are refused when the file is short', async () => {
      await truncate(`${path}.data`, 2 * PAGE + 3)
      const error = await errorOf(readModelFile(path))
      expect(error.message).to.include('tensor "half"').and.include('10 bytes from byte 8192')
    })

    it('are refused when they belong to another model', async () => {
      await writeFile(`${path}.data`, Buffer.alloc(3 * PAGE, 1))
      expect((await errorOf(readModelFile(path))).message).to.match(
        /SHA-1 [0-9a-f]{40}, expected [0-9a-f]{40}/,
      )
    })

    it('are followed through links of a download cache, and not out of it', async () => {
      const cache = join(folder, 'blobs')
      const links = join(folder, 'snapshot')
      await mkdir(cache)
      await mkdir(links)
      for (const file of ['model.onnx', 'model.onnx.data']) {
        await rename(join(folder, file), join(cache, `blob-${file}`))
        await symlink(join(cache, `blob-${file}`), join(links, file))
      }
      expect(await readModelFile(join(links, 'model.onnx'))).to.deep.equal(model)
      await rename(join(cache, 'blob-model.onnx.data'), join(folder, 'elsewhere'))
      await rm(join(links, 'model.onnx.data'))
      await symlink(join(folder, 'elsewhere'), join(links, 'model.onnx.data'))
      expect((await errorOf(readModelFile(join(links, 'model.onnx')))).message).to.include('a link to')
    })
  })

  describe('given a location outside of the folder', () => {
    for (const location of [
      '../secret',
      'a/../../secret',
      '/etc/passwd',
      'C:\\secret',
      '..\\secret',
      '\\\\host\\x',
    ])
      it(`refuse ${location}`, async () => {
        const external = new Map([['bias', { location, offset: 0 }]])
        await writeFile(path, encodeModel(model, { external }))
        const error = await errorOf(readModelFile(path))
        expect(error.code).to.equal('EXTERNAL_DATA')
        expect(error.message).to.include('a path that leaves the folder')
      })
  })
})
