import { expect } from 'chai'
import fc from 'fast-check'
import { onnx } from 'onnx-proto'
import type { DType, Model } from '../../src/index'
import {
  GraphBuilder,
  OnnxEngineError,
  decodeModel,
  encodeModel,
  float,
  floats,
  int,
  ints,
  numbersOf,
  string,
  tensor,
} from '../../src/index'
import { runModel } from '../runModel'
import { smallTransformer } from '../smallTransformer'

const dtypes: DType[] = [
  ...(['float32', 'float64', 'float16', 'bfloat16', 'bool', 'int64', 'int32', 'int16', 'int8'] as const),
  ...(['uint64', 'uint32', 'uint16', 'uint8'] as const),
]

/** Every attribute kind and every data type at once; not meant to run. */
function everything(): Model {
  return {
    irVersion: 9,
    opset: 17,
    producer: 'test',
    metadata: { zeta: 'last', alpha: 'first, é' },
    graph: {
      name: 'everything',
      inputs: [
        { name: 'x', dtype: 'float32', dims: ['B', 3] },
        { name: 'anonymous', dtype: 'int64', dims: ['?anonymous.0', 0] },
      ],
      outputs: [{ name: 'y', dtype: 'float32', dims: [] }],
      nodes: [
        {
          opType: 'Everything',
          domain: 'com.example',
          name: 'node',
          inputs: ['x', '', 'float32'],
          outputs: ['y', ''],
          attributes: {
            i: int(-1),
            big: int(2 ** 52),
            f: float(0.5),
            s: string('text'),
            is: ints([1, -2, 3]),
            none: ints([]),
            fs: floats([0.25, -4]),
            ss: { kind: 'strings', value: ['a', ''] },
            t: { kind: 'tensor', value: tensor('int64', [2], [-5, 2 ** 40]) },
          },
        },
      ],
      initializers: new Map(dtypes.map(dtype => [dtype, tensor(dtype, [2, 2], [0, 1, 1, 0])])),
    },
  }
}

const rejected = (bytes: Uint8Array): OnnxEngineError | undefined => {
  try {
    decodeModel(bytes)
    return undefined
  } catch (error) {
    if (error instanceof OnnxEngineError) return error
    throw error
  }
}

describe('encodeModel and decodeModel', () => {
  for (const [title, model] of [
    ['every kind of attribute and tensor', everything()],
    ['a transformer', smallTransformer('constants')],
  ] as const)
    it(`give back ${title}, and the same bytes again`, () => {
      const bytes = encodeModel(model)
      expect(decodeModel(bytes)).to.deep.equal(model)
      expect(encodeModel(decodeModel(bytes))).to.deep.equal(bytes)
    })

  it('do not depend on the order in which attributes and metadata were written down', () => {
    const [model, node] = [everything(), everything().graph.nodes[0]!]
    const attributes = Object.fromEntries(Object.entries(node.attributes).reverse())
    const metadata = { alpha: 'first, é', zeta: 'last' }
    const other = { ...model, metadata, graph: { ...model.graph, nodes: [{ ...node, attributes }] } }
    expect(encodeModel(other)).to.deep.equal(encodeModel(model))
  })

  it('give tensors of any shape and content back', () => {
    const tensors = fc
      .tuple(fc.constantFrom(...dtypes), fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }))
      .chain(([dtype, dims]) => {
        const length = dims.reduce((x, y) => x * y, 1)
        const numbers = fc.integer({ min: 0, max: 1 })
        return fc
          .array(numbers, { minLength: length, maxLength: length })
          .map(values => tensor(dtype, dims, values))
      })
    fc.assert(
      fc.property(tensors, value => {
        const model = everything()
        const initializers = new Map([['t', value]])
        const decoded = decodeModel(encodeModel({ ...model, graph: { ...model.graph, initializers } }))
        expect(decoded.graph.initializers.get('t')).to.deep.equal(value)
      }),
    )
  })
})

describe('against the ONNX schema (onnx-proto)', () => {
  it('what we write is what the schema reads', () => {
    const read = onnx.ModelProto.decode(encodeModel(everything()))
    expect(onnx.ModelProto.verify(read)).to.equal(null)
    const plain = onnx.ModelProto.toObject(read, { longs: Number, enums: String, defaults: false })
    expect(plain['opsetImport']).to.deep.equal([
      { domain: '', version: 17 },
      { domain: 'com.example', version: 1 },
    ])
    expect(
      plain['graph'].node[0].attribute.map((a: { name: string; type: string }) => [a.name, a.type]),
    ).to.deep.equal([
      ['big', 'INT'],
      ['f', 'FLOAT'],
      ['fs', 'FLOATS'],
      ['i', 'INT'],
      ['is', 'INTS'],
      ['none', 'INTS'],
      ['s', 'STRING'],
      ['ss', 'STRINGS'],
      ['t', 'TENSOR'],
    ])
    expect(plain['graph'].input[0].type.tensorType.shape.dim).to.deep.equal([
      { dimParam: 'B' },
      { dimValue: 3 },
    ])
    expect(plain['graph'].input[1].type.tensorType.shape.dim[0]).to.deep.equal({})
  })

  it('what the schema writes from it, we read as the same model', () => {
    const rewritten = onnx.ModelProto.encode(onnx.ModelProto.decode(encodeModel(everything()))).finish()
    expect(decodeModel(rewritten)).to.deep.equal(everything())
  })

  it('tensors in typed fields are read too', () => {
    const initializer = [
      { name: 'f', dims: [2], dataType: 1, floatData: [0.5, -2] },
      { name: 'd', dims: [1], dataType: 11, doubleData: [1e-300] },
      { name: 'l', dims: [2], dataType: 7, int64Data: [-3, 2 ** 40] },
      { name: 'i', dims: [1], dataType: 6, int32Data: [-7] },
      { name: 'b', dims: [2], dataType: 9, int32Data: [1, 0] },
      { name: 'n', dims: [1], dataType: 3, int32Data: [-8] },
    ]
    const graph = { name: 'typed', initializer }
    const bytes = onnx.ModelProto.encode(
      onnx.ModelProto.fromObject({ irVersion: 8, opsetImport: [{ domain: '', version: 17 }], graph }),
    ).finish()
    const read = [...decodeModel(bytes).graph.initializers].map(([name, t]) => [name, t.dtype, numbersOf(t)])
    expect(read).to.deep.equal([
      ['f', 'float32', [0.5, -2]],
      ['d', 'float64', [1e-300]],
      ['l', 'int64', [-3, 2 ** 40]],
      ['i', 'int32', [-7]],
      ['b', 'bool', [1, 0]],
      ['n', 'int8', [-8]],
    ])
  })
})

describe('decodeModel on bytes that are no model', () => {
  it('says what is missing', () => {
    expect(rejected(new Uint8Array())?.message).to.include('got no graph, expected a model with a graph')
    expect(rejected(Uint8Array.from([0x0a, 0xff]))?.code).to.equal('MALFORMED_MODEL')
  })

  it('names the byte, what was there and what was expected', () => {
    const error = rejected(encodeModel(smallTransformer('constants')).subarray(0, 2000))
    expect(error?.code).to.equal('MALFORMED_MODEL')
    expect(error?.message).to.match(/at byte \d+: got \d+ bytes left, expected \d+ bytes/)
  })

  it('rejects every truncation with a typed error', () => {
    const bytes = encodeModel(everything())
    for (let length = 0; length < bytes.length; length++) {
      const error = rejected(bytes.subarray(0, length))
      // A cut behind the last operator set loses metadata only, which is optional.
      if (!error) expect(decodeModel(bytes.subarray(0, length)).graph.nodes).to.have.length(1)
    }
    expect(rejected(bytes.subarray(0, bytes.length / 2))?.code).to.equal('MALFORMED_MODEL')
  })

  it('never fails in another way, whatever byte is changed', () => {
    const bytes = encodeModel(everything())
    const change = fc.record({ at: fc.nat(bytes.length - 1), to: fc.nat(255) })
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), changes => {
        const changed = bytes.slice()
        for (const { at, to } of changes) changed[at] = to
        rejected(changed)
      }),
    )
  })

  it('refuses data that it does not hold, by name', () => {
    const model = (tensorProto: object) =>
      onnx.ModelProto.encode(
        onnx.ModelProto.fromObject({
          irVersion: 8,
          opsetImport: [{ domain: '', version: 17 }],
          graph: { name: 'g', initializer: [tensorProto] },
        }),
      ).finish()
    const external = rejected(model({ name: 'far', dims: [1], dataType: 1, dataLocation: 1 }))
    expect(external?.message).to.include('data in another file')
    const short = rejected(model({ name: 'short', dims: [3], dataType: 1, floatData: [1] }))
    expect(short?.message).to.include('1 elements of float32 in "short", expected 3 for [3]')
  })
})

describe('ONNX Runtime', () => {
  it('runs what we write', async () => {
    const b = new GraphBuilder('sum')
    const x = b.input('x', 'int64', ['N'])
    b.output(b.add(x, b.constant(tensor('int64', [2], [10, -(2 ** 40)]))), 'y')
    const { y } = await runModel(b.model(), { x: tensor('int64', [2], [1, 2]) })
    expect(numbersOf(y!)).to.deep.equal([11, 2 - 2 ** 40])
  })
})
