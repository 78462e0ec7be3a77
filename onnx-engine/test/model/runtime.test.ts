import { expect } from 'chai'
import { onnx } from 'onnx-proto'
import {
  decodeModel,
  DirectSession,
  encodeModel,
  stringsOf,
  stringTensor,
  tensor,
  type Outputs,
  type Tensor,
} from '../../src/index'

const value = (name: string, elemType: number, ...dims: (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: dims.map(dim => (typeof dim === 'number' ? { dimValue: dim } : { dimParam: dim })) },
    },
  },
})

interface Written {
  opset?: number
  ir?: number
  domains?: string[]
  functions?: object[]
  graph: object
}

const modelOf = ({ opset = 21, ir = 10, domains = [], functions = [], graph }: Written): Uint8Array =>
  onnx.ModelProto.encode(
    onnx.ModelProto.fromObject({
      irVersion: ir,
      opsetImport: [{ domain: '', version: opset }, ...domains.map(domain => ({ domain, version: 1 }))],
      functions,
      graph: { name: 'g', ...graph },
    }),
  ).finish()

async function run(model: Uint8Array, feeds: Record<string, Tensor>): Promise<Outputs> {
  const session = await DirectSession.create({ model })
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}

const branch = (name: string, opType: string) => ({
  name,
  node: [{ opType, name, input: ['x', 'w'], output: [`${name}.y`] }],
  output: [value(`${name}.y`, 1, 'B')],
})
const weight = { name: 'w', dims: [1], dataType: 1, floatData: [3] }
const x = tensor('float32', [2], [1.5, -2])

describe('a model that is decoded and encoded', () => {
  const cases: [string, Uint8Array, Record<string, Tensor>[]][] = [
    [
      'with subgraphs that use outer values',
      modelOf({
        graph: {
          input: [value('c', 9), value('x', 1, 'B')],
          output: [value('y', 1, 'B')],
          initializer: [weight],
          node: [
            {
              opType: 'If',
              input: ['c'],
              output: ['y'],
              attribute: [
                { name: 'then_branch', type: 5, g: branch('add', 'Add') },
                { name: 'else_branch', type: 5, g: branch('multiply', 'Mul') },
              ],
            },
          ],
        },
      }),
      [0, 1].map(c => ({ c: tensor('bool', [], [c]), x })),
    ],
    [
      'with a function of its own',
      modelOf({
        domains: ['local'],
        functions: [
          {
            name: 'Twice',
            domain: 'local',
            input: ['a'],
            output: ['b'],
            node: [{ opType: 'Add', input: ['a', 'a'], output: ['b'] }],
            opsetImport: [{ domain: '', version: 21 }],
          },
        ],
        graph: {
          input: [value('x', 1, 'B')],
          output: [value('y', 1, 'B')],
          node: [{ opType: 'Twice', domain: 'local', input: ['x'], output: ['y'] }],
        },
      }),
      [{ x }],
    ],
    [
      'with weights of four bits, which the engine does not read',
      modelOf({
        graph: {
          input: [value('x', 1, 'B')],
          output: [value('y', 1, 'B')],
          initializer: [
            { name: 'q', dims: [2], dataType: 22, int32Data: [0x52] },
            { name: 's', dims: [], dataType: 1, floatData: [0.5] },
          ],
          node: [
            { opType: 'DequantizeLinear', input: ['q', 's'], output: ['d'] },
            { opType: 'Mul', input: ['x', 'd'], output: ['y'] },
          ],
        },
      }),
      [{ x }],
    ],
    [
      'with a sparse weight, and the types of intermediate values',
      modelOf({
        graph: {
          input: [value('x', 1, 'B')],
          output: [value('y', 1, 'B')],
          sparseInitializer: [
            {
              values: { name: 'holes', dims: [1], dataType: 1, floatData: [4] },
              indices: { dims: [1], dataType: 7, int64Data: [1] },
              dims: [2],
            },
          ],
          valueInfo: [value('sum', 1, 'B')],
          node: [
            { opType: 'Add', input: ['x', 'holes'], output: ['sum'] },
            { opType: 'Neg', input: ['sum'], output: ['y'] },
          ],
        },
      }),
      [{ x }],
    ],
    [
      'in float16, with typed weights',
      modelOf({
        graph: {
          input: [value('x', 10, 'B')],
          output: [value('y', 10, 'B')],
          initializer: [{ name: 'w', dims: [1], dataType: 10, int32Data: [0x4248] }],
          node: [{ opType: 'Mul', input: ['x', 'w'], output: ['y'] }],
        },
      }),
      [{ x: tensor('float16', [2], [1.5, -2]) }],
    ],
    [
      'of operator set 13 and IR 7',
      modelOf({
        opset: 13,
        ir: 7,
        graph: {
          input: [value('x', 1, 'B')],
          output: [value('y', 1, 'B')],
          node: [{ opType: 'Softmax', input: ['x'], output: ['y'] }],
        },
      }),
      [{ x }],
    ],
    [
      'of operator set 23 and IR 11',
      modelOf({
        opset: 23,
        ir: 11,
        graph: {
          input: [value('x', 1, 'B')],
          output: [value('y', 1, 'B')],
          initializer: [weight],
          node: [{ opType: 'RMSNormalization', input: ['x', 'w'], output: ['y'] }],
        },
      }),
      [{ x }],
    ],
    [
      'of integers of every width',
      modelOf({
        graph: {
          input: [value('i', 5, 'B'), value('u', 12, 'B')],
          output: [value('y', 13, 'B'), value('z', 4, 'B')],
          initializer: [{ name: 'w', dims: [1], dataType: 13, uint64Data: [2 ** 40] }],
          node: [
            { opType: 'Cast', input: ['u'], output: ['wide'], attribute: [{ name: 'to', type: 2, i: 13 }] },
            { opType: 'Add', input: ['wide', 'w'], output: ['y'] },
            { opType: 'Cast', input: ['i'], output: ['z'], attribute: [{ name: 'to', type: 2, i: 4 }] },
          ],
        },
      }),
      [{ i: tensor('int16', [1], [-1]), u: tensor('uint32', [1], [2 ** 32 - 1]) }],
    ],
  ]
  for (const [title, bytes, feeds] of cases)
    it(`gives the same bits: ${title}`, async () => {
      const again = encodeModel(decodeModel(bytes))
      for (const given of feeds) {
        const outputs = await run(bytes, given)
        expect(Object.values(outputs)[0]?.data.length).to.be.greaterThan(0)
        expect(await run(again, given)).to.deep.equal(outputs)
      }
    })

  it('takes and gives texts', async () => {
    const bytes = modelOf({
      graph: {
        input: [value('x', 8, 'N')],
        output: [value('y', 8, 'M')],
        initializer: [{ name: 'w', dims: [1], dataType: 8, stringData: [Buffer.from('é')] }],
        node: [
          {
            opType: 'Concat',
            input: ['x', 'w'],
            output: ['y'],
            attribute: [{ name: 'axis', type: 2, i: 0 }],
          },
        ],
      },
    })
    const { y } = await run(encodeModel(decodeModel(bytes)), { x: stringTensor([2], ['a', '']) })
    expect(stringsOf(y!)).to.deep.equal(['a', '', 'é'])
  })

  it('names the type that JavaScript cannot exchange with ONNX Runtime', async () => {
    const graph = {
      input: [value('x', 1, 'N')],
      output: [value('y', 1, 'N')],
      node: [{ opType: 'Cast', input: ['x'], output: ['y'], attribute: [{ name: 'to', type: 2, i: 1 }] }],
    }
    const error: unknown = await run(modelOf({ graph }), { x: tensor('bfloat16', [1], [1]) }).catch(
      (e: unknown) => e,
    )
    expect(String(error)).to.include('input "x" is bfloat16').and.include('add a Cast')
  })
})
