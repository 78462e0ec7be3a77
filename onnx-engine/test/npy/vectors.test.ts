import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { OnnxEngineError } from '../../src/errors'
import { decodeNpy } from '../../src/npy/decode'
import { decodeNpz } from '../../src/npy/npz'

interface NumpyArray {
  dtype: string
  shape: number[]
  values: string[]
  little: string
  big: string
  fortran: string
}

const written = JSON.parse(readFileSync(join(__dirname, '../vectors/numpy.json'), 'utf8')) as {
  arrays: Record<string, NumpyArray>
  extra: Record<string, string>
  bad: Record<string, string>
  npz: Record<string, string>
}
const bytesOf = (base64: string | undefined): Uint8Array => new Uint8Array(Buffer.from(base64!, 'base64'))
const counted = Array.from({ length: 24 }, (_, i) => i)

describe('what NumPy wrote', () => {
  for (const { dtype, shape, values, ...files } of Object.values(written.arrays))
    for (const [order, base64] of Object.entries(files))
      it(`is read: ${dtype}, ${order}`, () => {
        const array = decodeNpy(bytesOf(base64))
        expect([array.dtype, array.shape]).to.deep.equal([dtype, shape])
        const isFloat = dtype.startsWith('float')
        const read = Array.from(array.data as ArrayLike<number | bigint>, x => (isFloat ? x : String(x)))
        const expected = values.map(text => (isFloat ? Number(text.replace('inf', 'Infinity')) : text))
        expect(read).to.deep.equal(expected)
      })

  for (const name of ['fortran3', 'v2', 'v3'])
    it(`is read: three axes, ${name}`, () => {
      const { shape, data } = decodeNpy(bytesOf(written.extra[name]))
      expect(shape).to.deep.equal([2, 3, 4])
      expect(Array.from(data as Int16Array)).to.deep.equal(counted)
    })

  it('is read: a scalar, an empty array, one axis', () => {
    const read = (name: string) => decodeNpy(bytesOf(written.extra[name]))
    expect(read('scalar')).to.deep.equal({ shape: [], dtype: 'float64', data: Float64Array.of(7.5) })
    expect(read('empty')).to.deep.equal({ shape: [0, 4], dtype: 'float32', data: new Float32Array(0) })
    expect(read('one')).to.deep.equal({ shape: [3], dtype: 'int64', data: BigInt64Array.of(0n, 1n, 2n) })
  })

  for (const [name, base64] of Object.entries(written.npz))
    it(`is read: an archive, ${name}`, () => {
      const arrays = decodeNpz(bytesOf(base64))
      expect([...arrays.keys()]).to.have.members(['x', 'layer.weight', 'é'])
      expect(arrays.get('x')).to.deep.equal({
        shape: [2, 3],
        dtype: 'float32',
        data: Float32Array.of(0, 1, 2, 3, 4, 5),
      })
      expect(arrays.get('layer.weight')?.data).to.deep.equal(new Float64Array(1600).fill(1))
      expect(arrays.get('é')).to.deep.equal({ shape: [2], dtype: 'bool', data: Uint8Array.of(1, 0) })
    })

  const refused: Record<string, string> = {
    object: 'Python objects',
    structured: 'save each field',
    complex: 'complex numbers',
    text: 'texts',
    bytes: 'byte strings',
    date: 'dates',
    longdouble: 'a.astype(np.float64)',
  }
  for (const [name, base64] of Object.entries(written.bad))
    it(`is refused with advice: ${name}`, () => {
      expect(() => decodeNpy(bytesOf(base64)))
        .to.throw(OnnxEngineError, refused[name])
        .with.property('code', 'UNSUPPORTED_NPY')
    })
})
