import { expect } from 'chai'
import fc from 'fast-check'
import { OnnxEngineError } from '../../src/errors'
import { decodeNpy } from '../../src/npy/decode'
import { encodeNpy } from '../../src/npy/encode'
import { decodeNpz, encodeNpz } from '../../src/npy/npz'
import { npyTypes, type NpyArray, type NpyDType } from '../../src/npy/npyArray'
import { fromFloat16 } from '../../src/safetensors/float16'

const NAN_HALF = 0x7c00

/** Any bits are an array of any type; of the NaNs of float16 only the sign and the payload are lost. */
const arrays: fc.Arbitrary<NpyArray> = fc
  .tuple(fc.constantFrom(...npyTypes), fc.array(fc.nat(4), { maxLength: 4 }))
  .chain(([{ dtype, bytes, Data }, shape]) => {
    const length = shape.reduce((product, size) => product * size, 1)
    return fc.uint8Array({ minLength: length * bytes, maxLength: length * bytes }).map(raw => {
      const copy = raw.slice().buffer
      const halves = () =>
        Array.from(new Uint16Array(copy), half => ((half & NAN_HALF) === NAN_HALF ? 1 : half))
      const data = dtype === 'float16' ? Float32Array.from(halves(), fromFloat16) : new Data(copy)
      return { shape, dtype, data }
    })
  })

const bits = ({ shape, dtype, data }: NpyArray): unknown => ({
  shape,
  dtype,
  data: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex'),
})

const rejected = (bytes: Uint8Array): OnnxEngineError | undefined => {
  try {
    decodeNpy(bytes)
    return undefined
  } catch (error) {
    if (error instanceof OnnxEngineError) return error
    throw error
  }
}

/** A file with this header text, as another program might write it. */
function fileOf(header: string, data: number[] = []): Uint8Array {
  const text = Buffer.from(header, 'latin1')
  return Uint8Array.from([
    0x93,
    ...Buffer.from('NUMPY'),
    1,
    0,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...data,
  ])
}

const three: NpyArray = { shape: [3], dtype: 'float32', data: Float32Array.of(1, 2, 3) }

describe('encodeNpy and decodeNpy', () => {
  it('give any array back, bit for bit, wherever it lies in memory', () => {
    fc.assert(
      fc.property(arrays, fc.nat(9), (array, offset) => {
        const bytes = encodeNpy(array)
        const moved = new Uint8Array(bytes.length + offset)
        moved.set(bytes, offset)
        expect(bits(decodeNpy(moved.subarray(offset)))).to.deep.equal(bits(array))
      }),
    )
  })

  it('align the data to 64 bytes, so that a file can be mapped', () => {
    for (const shape of [[], [3], [1, 2, 3, 4, 5, 6, 7, 8, 9, 0], new Array<number>(40).fill(1)])
      expect(
        encodeNpy({ shape, dtype: 'bool', data: new Uint8Array(shape.reduce((a, b) => a * b, 1)) }).length -
          shape.reduce((a, b) => a * b, 1),
      ).to.satisfy((header: number) => header % 64 === 0)
  })

  it('share the memory of an aligned file', () => {
    const bytes = encodeNpy(three)
    expect(decodeNpy(bytes).data.buffer).to.equal(bytes.buffer)
  })

  it('read headers as other programs write them', () => {
    const data = [0, 0, 128, 63, 0, 0, 0, 64]
    for (const header of [
      `{"shape": (2,), "fortran_order": False, "descr": "<f4"}`,
      `{'descr':'<f4','fortran_order':False,'shape':(2L,)}\n`,
      `{'descr': '<f4', 'fortran_order': True, 'shape': (2, 1), }       \n`,
      `{'descr': '=f4', 'fortran_order': True, 'shape': (1, 2)}`,
    ])
      expect(Array.from(decodeNpy(fileOf(header, data)).data as Float32Array)).to.deep.equal([1, 2])
  })
})

describe('decodeNpy on bytes that are no array', () => {
  it('rejects every truncation and every extra byte with a typed error', () => {
    const bytes = encodeNpy(three)
    for (let length = 0; length < bytes.length; length++)
      expect(rejected(bytes.subarray(0, length))?.code).to.equal('MALFORMED_NPY')
    expect(rejected(bytes.subarray(0, -1))?.message).to.include('got 11 bytes, the file is cut off')
    expect(rejected(Uint8Array.from([...bytes, 0]))?.message).to.include('got 13 bytes, expected 12')
  })

  it('never fails in another way, whatever byte is changed', () => {
    const bytes = encodeNpy(three)
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, to) => {
        const changed = bytes.slice()
        changed[at] = to
        rejected(changed)
      }),
    )
  })

  it('does not know a type with a line break in it', () => {
    const file = fileOf(`{'descr': '\n<f4', 'fortran_order': False, 'shape': (0,)}`)
    expect(rejected(file)?.code).to.equal('UNSUPPORTED_NPY')
  })

  const broken: [string, Uint8Array, string][] = [
    ['text', Buffer.from('a,b,c\n1,2,3'), 'got bytes 612c622c630a, expected an NPY file'],
    ['a version of the future', encodeNpy(three).with(6, 9), 'version: got 9'],
    ['no descr', fileOf(`{'fortran_order': False, 'shape': (0,)}`), "an entry 'descr'"],
    ['no shape', fileOf(`{'descr': '<f4', 'fortran_order': False}`), "an entry 'shape'"],
    ['a negative size', fileOf(`{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}`), 'sizes from 0'],
    ['a size too many', fileOf(`{'descr': '<f4', 'fortran_order': False, 'shape': (,1)}`), 'sizes from 0'],
  ]
  for (const [what, bytes, message] of broken)
    it(`says what is wrong with ${what}`, () => {
      expect(rejected(bytes)?.code).to.equal('MALFORMED_NPY')
      expect(rejected(bytes)?.message).to.include(message)
    })
})

describe('encodeNpy', () => {
  it('refuses data that do not fit the type or the shape', () => {
    const wrong: NpyArray[] = [
      { ...three, shape: [4] },
      { ...three, dtype: 'float64' },
      { ...three, dtype: 'complex64' as NpyDType },
    ]
    for (const array of wrong)
      expect(() => encodeNpy(array))
        .to.throw(OnnxEngineError)
        .with.property('code', 'INVALID_ARGUMENT')
  })

  it('refuses a number beyond float16, but not an infinity', () => {
    const half = (value: number): NpyArray => ({ shape: [1], dtype: 'float16', data: Float32Array.of(value) })
    expect(() => encodeNpy(half(70000))).to.throw('70000, beyond the float16 limit')
    expect(decodeNpy(encodeNpy(half(-Infinity))).data[0]).to.equal(-Infinity)
  })
})

describe('encodeNpz and decodeNpz', () => {
  it('give any arrays back under their names, in their order', () => {
    const entries = fc.uniqueArray(fc.tuple(fc.string({ minLength: 1, unit: 'grapheme' }), arrays), {
      selector: ([name]) => name,
      maxLength: 5,
    })
    fc.assert(
      fc.property(entries, fc.boolean(), (list, compress) => {
        const read = decodeNpz(encodeNpz(new Map(list), { compress }))
        expect([...read].map(([name, array]) => [name, bits(array)])).to.deep.equal(
          list.map(([name, array]) => [name, bits(array)]),
        )
      }),
    )
  })

  it('give equal bytes for equal arrays, and fewer when compressed', () => {
    const zeros = new Map([
      ['zeros', { shape: [1000], dtype: 'float64', data: new Float64Array(1000) }],
    ] as const)
    expect(encodeNpz(zeros)).to.deep.equal(encodeNpz(zeros))
    expect(encodeNpz(zeros, { compress: true }).length).to.be.below(encodeNpz(zeros).length / 10)
  })

  it('name the array that is wrong', () => {
    const archive = new Map([
      ['good', three],
      ['bad', { ...three, shape: [7] }],
    ])
    expect(() => encodeNpz(archive)).to.throw('array of float32 (7) of "bad"')
  })

  it('refuse what is no archive', () => {
    for (const bytes of [new Uint8Array(), encodeNpz(new Map([['a', three]])).subarray(0, 100)])
      expect(() => decodeNpz(bytes))
        .to.throw(OnnxEngineError)
        .with.property('code', 'MALFORMED_NPY')
  })
})
