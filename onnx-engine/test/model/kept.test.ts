import { expect } from 'chai'
import { onnx } from 'onnx-proto'
import { decodeModel, encodeModel, OnnxEngineError } from '../../src/index'

/** A model that uses what the engine has no use for, in every message. */
const rich = {
  irVersion: 8,
  opsetImport: [
    { domain: '', version: 17 },
    { domain: 'com.example', version: 3 },
    { domain: 'com.unused', version: 1 },
  ],
  producerName: 'test',
  producerVersion: '1.2',
  domain: 'org.example',
  modelVersion: 5,
  docString: 'a model',
  trainingInfo: [{ initializationBinding: [{ key: 'a', value: 'b' }] }],
  metadataProps: [{ key: 'k', value: 'v' }],
  graph: {
    name: 'rich',
    docString: 'a graph',
    valueInfo: [{ name: 'middle', type: { tensorType: { elemType: 1, shape: { dim: [{ dimValue: 2 }] } } } }],
    quantizationAnnotation: [{ tensorName: 'w', quantParameterTensorNames: [{ key: 'SCALE', value: 's' }] }],
    initializer: [{ name: 'w', dims: [1], dataType: 1, floatData: [1], docString: 'a weight' }],
    sparseInitializer: [
      {
        values: { name: 'holes', dims: [1], dataType: 1, floatData: [4] },
        indices: { dims: [1], dataType: 7, int64Data: [2] },
        dims: [9],
      },
    ],
    input: [
      {
        name: 'x',
        docString: 'an input',
        type: {
          denotation: 'IMAGE',
          tensorType: {
            elemType: 1,
            shape: { dim: [{ dimParam: 'B', denotation: 'DATA_BATCH' }, { dimValue: 2 }] },
          },
        },
      },
      { name: 'unranked', type: { tensorType: { elemType: 1 } } },
      { name: 'list', type: { sequenceType: { elemType: { tensorType: { elemType: 1 } } } } },
    ],
    output: [{ name: 'y', type: { tensorType: { elemType: 10, shape: {} } } }],
    node: [
      {
        opType: 'If',
        name: 'choose',
        docString: 'a node',
        input: ['c'],
        output: ['y'],
        attribute: [
          {
            name: 'then_branch',
            type: 5,
            docString: 'an attribute',
            g: {
              name: 'then',
              node: [{ opType: 'Special', domain: 'com.inner', input: ['x'], output: ['z'] }],
              output: [{ name: 'z' }],
              valueInfo: [{ name: 'inner' }],
            },
          },
          { name: 'several', type: 10, graphs: [{ name: 'one' }, { name: 'two' }] },
          { name: 'arrays', type: 9, tensors: [{ dims: [1], dataType: 6, int32Data: [5] }] },
          { name: 'as', type: 13, tp: { tensorType: { elemType: 1 } } },
          { name: 'reference', type: 1, refAttrName: 'alpha' },
          { name: 'sparse', type: 11, sparseTensor: { dims: [3] } },
          { name: 'huge', type: 2, i: 2 ** 62 },
          { name: 'bytes', type: 3, s: Buffer.from('fffe', 'hex') },
          { name: 'accent', type: 3, s: Buffer.from('é\uFFFD') },
        ],
      },
    ],
  },
}

const written = onnx.ModelProto.encode(onnx.ModelProto.fromObject(rich)).finish()
const plain = (bytes: Uint8Array): Record<string, unknown> =>
  onnx.ModelProto.toObject(onnx.ModelProto.decode(bytes), { longs: String, enums: String, bytes: String })
const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

/** Equal attributes and initializers may differ in order, and typed data come back raw. */
function comparable(bytes: Uint8Array): unknown {
  const model = plain(bytes) as typeof rich & { opsetImport: { domain?: string }[] }
  for (const node of model.graph.node) (node.attribute as { name: string }[]).sort(byName)
  model.opsetImport.sort((a, b) => ((a.domain ?? '') < (b.domain ?? '') ? -1 : 1))
  const text = JSON.stringify(model, (key, value: unknown) =>
    ['initializer', 'tensors'].includes(key) ? undefined : value === '' ? undefined : value,
  )
  return JSON.parse(text)
}

describe('what the engine has no use for', () => {
  it('is written back: the ONNX schema reads the same before and after', () => {
    const after = encodeModel(decodeModel(written))
    expect(comparable(after)).to.deep.equal(withImports(comparable(written)))
    expect(encodeModel(decodeModel(after))).to.deep.equal(after)
    const [weight] = onnx.ModelProto.decode(after).graph!.initializer!
    expect(weight?.docString).to.equal('a weight')
  })

  it('stays with its message in the object', () => {
    const { graph, domains } = decodeModel(written)
    expect(domains).to.deep.equal({ 'com.example': 3, 'com.unused': 1 })
    const { then_branch, several, arrays, huge, bytes, accent } = graph.nodes[0]!.attributes
    expect(then_branch?.kind === 'graph' && then_branch.value.nodes[0]?.opType).to.equal('Special')
    expect(several?.kind === 'graphs' && several.value.map(({ name }) => name)).to.deep.equal(['one', 'two'])
    expect(arrays?.kind === 'tensors' && arrays.value[0]?.data).to.deep.equal(Int32Array.of(5))
    expect([huge?.kind, bytes?.kind, accent?.kind]).to.deep.equal(['raw', 'raw', 'string'])
  })

  it('keeps unknown fields of every message byte for byte', () => {
    // Field 1000 of a newer version, in the model, graph, node, attribute, tensor, value, type, shape and dimension.
    const unknown = Buffer.from('c23e03616263', 'hex')
    const message = (field: number, ...parts: Uint8Array[]) => {
      const body = Buffer.concat([...parts, unknown])
      const length = body.length < 0x80 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7]
      return Buffer.concat([Buffer.from([(field << 3) | 2, ...length]), body])
    }
    const text = (field: number, value: string) =>
      Buffer.from([(field << 3) | 2, value.length, ...Buffer.from(value)])
    const integer = (field: number, value: number) => Buffer.from([field << 3, value])
    const dim = message(1, integer(1, 2))
    const info = (name: string) =>
      Buffer.concat([text(1, name), message(2, message(1, integer(1, 1), message(2, dim)))])
    const tensor = Buffer.concat([integer(1, 1), integer(2, 3)])
    const attribute = message(5, text(1, 'a'), message(5, tensor, text(9, 'x')), Buffer.from('a00104', 'hex'))
    const node = message(1, text(1, 'x'), text(2, 'y'), text(3, 'n'), text(4, 'Op'), attribute)
    const weight = message(5, tensor, text(8, 'w'), text(9, 'x'))
    const graph = message(7, node, text(2, 'g'), weight, message(11, info('x')), message(12, info('y')))
    const opset = Buffer.from([0x42, 4, 0x0a, 0, 0x10, 17])
    const model = Buffer.concat([integer(1, 8), text(2, ''), graph, opset, unknown])
    expect(Buffer.from(encodeModel(decodeModel(model))).toString('hex')).to.equal(model.toString('hex'))
  })

  it('throws where it is used, and only there', () => {
    const { graph } = decodeModel(written)
    const [x, unranked, list] = graph.inputs
    expect(x?.dims).to.deep.equal(['B', 2])
    const messages: [() => unknown, string][] = [
      [() => unranked?.dims, 'type of "unranked": got no shape'],
      [() => list?.dtype, 'type of "list": got a sequence'],
      [() => graph.initializers.get('holes')?.data, 'tensor "holes": got a sparse tensor'],
    ]
    for (const [use, message] of messages)
      expect(use).to.throw(OnnxEngineError, message).with.property('code', 'UNSUPPORTED_MODEL')
  })
})

/** Every domain that a node uses must be imported; encodeModel adds what the file forgot. */
function withImports(model: unknown): unknown {
  const { opsetImport, ...rest } = model as { opsetImport: object[] }
  return {
    ...rest,
    opsetImport: [...opsetImport.slice(0, 2), { domain: 'com.inner', version: '1' }, ...opsetImport.slice(2)],
  }
}

describe('versions', () => {
  const model = (opset: number, irVersion = 8): Uint8Array =>
    onnx.ModelProto.encode(
      onnx.ModelProto.fromObject({
        irVersion,
        opsetImport: [{ domain: '', version: opset }],
        graph: { name: 'g' },
      }),
    ).finish()

  it('are kept, from operator set 13 to 23 and IR 3 to 13', () => {
    for (const opset of [13, 17, 22, 23]) expect(decodeModel(model(opset)).opset).to.equal(opset)
    for (const ir of [3, 7, 12, 13]) expect(decodeModel(model(17, ir)).irVersion).to.equal(ir)
  })

  it('outside of these are refused by number', () => {
    for (const [bytes, message] of [
      [model(12), 'operator set of the model: got 12, expected 13 to 23'],
      [model(24), 'operator set of the model: got 24'],
      [model(17, 99), 'IR version of the model: got 99, expected 3 to 13'],
    ] as const)
      expect(() => decodeModel(bytes))
        .to.throw(OnnxEngineError, message)
        .with.property('code', 'UNSUPPORTED_MODEL')
  })
})
