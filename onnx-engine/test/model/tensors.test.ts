import { expect } from 'chai'
import fc from 'fast-check'
import { onnx } from 'onnx-proto'
import {
  castTensor,
  decodeModel,
  encodeModel,
  numbersOf,
  OnnxEngineError,
  stringBytesOf,
  stringsOf,
  stringTensor,
  tensor,
  type Model,
  type Tensor,
} from '../../src/index'
import { packStrings } from '../../src/model/strings'
import { fromBfloat16, toBfloat16 } from '../../src/safetensors/float16'

const modelOf = (...initializer: object[]): Uint8Array =>
  onnx.ModelProto.encode(
    onnx.ModelProto.fromObject({
      irVersion: 8,
      opsetImport: [{ domain: '', version: 17 }],
      graph: { name: 'typed', initializer },
    }),
  ).finish()

const readOne = (proto: object): Tensor =>
  [...decodeModel(modelOf({ name: 't', ...proto })).graph.initializers.values()][0]!

const withInitializer = (value: Tensor): Model => ({
  irVersion: 9,
  opset: 17,
  producer: '',
  metadata: {},
  graph: { name: 'g', nodes: [], inputs: [], outputs: [], initializers: new Map([['t', value]]) },
})

describe('tensors in typed fields', () => {
  const cases: [string, object, number[]][] = [
    ['float32', { dataType: 1, floatData: [0.5, -2] }, [0.5, -2]],
    ['float64', { dataType: 11, doubleData: [1e-300, 3] }, [1e-300, 3]],
    ['int64', { dataType: 7, int64Data: [-3, 2 ** 40] }, [-3, 2 ** 40]],
    ['uint64', { dataType: 13, uint64Data: [3, 2 ** 40] }, [3, 2 ** 40]],
    ['uint32', { dataType: 12, uint64Data: [3, 2 ** 32 - 1] }, [3, 2 ** 32 - 1]],
    ['int32', { dataType: 6, int32Data: [-7, 2 ** 31 - 1] }, [-7, 2 ** 31 - 1]],
    ['int16', { dataType: 5, int32Data: [-7, 32767] }, [-7, 32767]],
    ['uint16', { dataType: 4, int32Data: [7, 65535] }, [7, 65535]],
    ['int8', { dataType: 3, int32Data: [-8, 127] }, [-8, 127]],
    ['uint8', { dataType: 2, int32Data: [8, 255] }, [8, 255]],
    ['bool', { dataType: 9, int32Data: [1, 0] }, [1, 0]],
    ['float16', { dataType: 10, int32Data: [0x3c00, 0xc100] }, [1, -2.5]],
    ['bfloat16', { dataType: 16, int32Data: [0x3f80, 0xc020] }, [1, -2.5]],
  ]
  for (const [dtype, proto, numbers] of cases)
    it(`are read: ${dtype}, and written raw`, () => {
      const read = readOne({ dims: [2], ...proto })
      expect([read.dtype, read.dims, numbersOf(read)]).to.deep.equal([dtype, [2], numbers])
      expect(tensor(read.dtype, [2], numbers)).to.deep.equal(read)
      expect(decodeModel(encodeModel(withInitializer(read))).graph.initializers.get('t')).to.deep.equal(read)
    })

  it('are read where every value stands in a field of its own', () => {
    // Field 4 with wire type 5, twice: what a writer without "packed" gives.
    const floats = Buffer.from('25000000402500008040', 'hex')
    const proto = Buffer.concat([Buffer.from('08021001', 'hex'), floats])
    const graph = Buffer.concat([Buffer.from([0x2a, proto.length]), proto])
    const model = Buffer.concat([Buffer.from('0808', 'hex'), Buffer.from([0x3a, graph.length]), graph])
    const bytes = Buffer.concat([model, Buffer.from('42021011', 'hex')])
    expect(numbersOf(decodeModel(bytes).graph.initializers.get('')!)).to.deep.equal([2, 4])
  })

  it('are not taken from the field of another type', () => {
    expect(() => readOne({ dims: [1], dataType: 1, int32Data: [1] })).to.throw('0 elements of float32')
  })
})

describe('string tensors', () => {
  it('give any texts back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), values => {
        const written = encodeModel(withInitializer(stringTensor([values.length], values)))
        const read = decodeModel(written).graph.initializers.get('t')!
        expect(stringsOf(read)).to.deep.equal(values)
        expect(onnx.ModelProto.decode(written).graph?.initializer?.[0]?.stringData).to.have.length(
          values.length,
        )
      }),
    )
  })

  it('keep bytes that are not UTF-8', () => {
    const parts = [Buffer.from('fffe', 'hex'), Buffer.from('é'), Buffer.from('A')]
    const read = readOne({ dims: [3], dataType: 8, stringData: parts })
    expect(stringBytesOf(read).map(part => [...part])).to.deep.equal(parts.map(part => [...part]))
    expect(read.data).to.deep.equal(packStrings(parts))
  })

  it('are refused where numbers are asked for', () => {
    const texts = stringTensor([1], ['1'])
    for (const act of [
      () => numbersOf(texts),
      () => castTensor(texts, 'int64'),
      () => tensor('string', [1], [1]),
    ])
      expect(act).to.throw(OnnxEngineError).with.property('code', 'INVALID_ARGUMENT')
    expect(() => stringsOf(tensor('int8', [1], [1]))).to.throw('expected string')
    expect(() => stringTensor([2], ['one'])).to.throw('got 1, expected 2')
  })
})

describe('bfloat16', () => {
  it('rounds to the nearest, ties to even', () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), value => {
        const bits = toBfloat16(value)
        const distance = Math.abs(fromBfloat16(bits) - value)
        for (const near of [bits - 1, bits + 1]) {
          const other = Math.abs(fromBfloat16(near & 0xffff) - value)
          if (Number.isFinite(fromBfloat16(bits)) && !Number.isNaN(other))
            expect(distance < other || (distance === other && bits % 2 === 0)).to.equal(true)
        }
      }),
    )
    expect([Infinity, -Infinity].map(value => fromBfloat16(toBfloat16(value)))).to.deep.equal([
      Infinity,
      -Infinity,
    ])
    expect(fromBfloat16(toBfloat16(NaN))).to.be.NaN
  })
})

describe('tensors of types that the engine does not read', () => {
  const int4 = { dims: [3], dataType: 22, int32Data: [0x21, 0x03] }

  it('throw when they are used, by name and type', () => {
    const read = readOne(int4)
    expect(read.dims).to.deep.equal([3])
    for (const use of [() => read.dtype, () => read.data, () => numbersOf(read), () => ({ ...read })])
      expect(use).to.throw('tensor "t": got ONNX data type 22 (int4)')
  })

  it('are written back as they came, under a new name too', () => {
    const read = readOne(int4)
    const model = withInitializer(read)
    const renamed = { ...model, graph: { ...model.graph, initializers: new Map([['renamed', read]]) } }
    const back = onnx.ModelProto.decode(encodeModel(renamed)).graph?.initializer?.[0]
    expect([back?.name, back?.dataType, back?.int32Data]).to.deep.equal(['renamed', 22, [0x21, 0x03]])
  })
})
