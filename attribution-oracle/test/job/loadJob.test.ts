import { expect } from 'chai'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { type GraphBuilder, int, type Value, writeArray } from '@open-datanets/onnx-engine'
import { loadJob } from '../../src/job'
import { nextTokens } from '../../src/job/nextTokens'
import { faultsOf } from './failure'
import { floats, integers, labels, network, parametersOf, smallJob, TRAIN, WIDTH } from './smallJob'

const firstOfEach = (builder: GraphBuilder, x: Value): Value => builder.slice(x, 0, 1, 1)

describe('loadJob', () => {
  const held = smallJob()
  const load = async (fields: Record<string, unknown> = {}) => {
    const loaded = await loadJob(await held.job.write(fields))
    await loaded.checkpoints.close()
    return loaded
  }
  const faults = (fields?: Record<string, unknown>) => faultsOf(load(fields))

  it('reads what the job names and the digest of every file', async () => {
    const { train, query, graph, files } = await load()
    expect([train.count, query!.count, graph.classes]).to.deep.equal([TRAIN, 4, 3])
    expect(files.map(({ name }) => name)).to.deep.equal([
      'model',
      'train.inputs',
      'train.targets',
      'query.inputs',
      'query.targets',
    ])
  })

  it('takes int32 labels, labels in a column, and float64 inputs with a note', async () => {
    await held.job.array('y', {
      shape: [TRAIN, 1],
      dtype: 'int32',
      data: Int32Array.from({ length: TRAIN }, (_, i) => i % 3),
    })
    await held.job.array('x', {
      ...floats([TRAIN, WIDTH]),
      dtype: 'float64',
      data: Float64Array.from(floats([TRAIN, WIDTH]).data as Float32Array),
    })
    const { train, notes } = await load()
    expect(train.targets).to.deep.include({ dtype: 'int64', dims: [TRAIN] })
    expect(notes).to.deep.equal(['train.inputs: float64 was rounded to float32'])
  })

  it('takes inputs by name, and from an NPZ', async () => {
    expect((await load({ train: { inputs: { x: 'x.npy' }, targets: 'y.npy' } })).train.count).to.equal(TRAIN)
    expect((await faults({ train: { inputs: { z: 'x.npy' }, targets: 'y.npy' } }))[0]).to.equal(
      'train.inputs.z: got no input of the model, expected one of x',
    )
  })

  const cases: [string, () => Promise<void>, string][] = [
    [
      'NaN in inputs',
      () => held.job.array('x', bad(NaN)),
      'train.inputs: got NaN in row 2, expected finite numbers',
    ],
    [
      'infinity in inputs',
      () => held.job.array('x', bad(-Infinity)),
      'train.inputs: got -Infinity in row 2, expected finite numbers',
    ],
    [
      'no rows',
      () => held.job.array('x', floats([0, WIDTH])),
      'train.inputs: got 0 rows, expected 1 row or more',
    ],
    [
      'another width',
      () => held.job.array('x', floats([TRAIN, 4])),
      'train.inputs: got [24, 4], expected [samples, 5], as input "x" of the model takes',
    ],
    [
      'another rank',
      () => held.job.array('x', floats([TRAIN])),
      'train.inputs: got [24], expected [samples, 5], as input "x" of the model takes',
    ],
    [
      'more labels than rows',
      () => held.job.array('y', labels(25)),
      'train.targets: got 25 rows, expected 24, as many as inputs',
    ],
    [
      'a label that is no class',
      () => held.job.array('y', integers(Array(TRAIN).fill(3))),
      'train.targets: got label 3 at position 0, expected labels from 0 to 2, the classes of the model',
    ],
    [
      'a negative label',
      () => held.job.array('y', integers(Array(TRAIN).fill(-1))),
      'train.targets: got label -1 at position 0, expected labels from 0 to 2, the classes of the model',
    ],
    ['labels that are no integers', () => held.job.array('y', floats([TRAIN])), 'train.targets: got 0.'],
    [
      'groups of another length',
      () => held.job.array('g', integers([0, 1])),
      'groups: got [2], expected [24], one for every training row',
    ],
    [
      'a negative group',
      () => held.job.array('g', integers(Array(TRAIN).fill(-2))),
      'groups: got -2 at row 0, expected numbers of contributors, from 0',
    ],
    [
      'one-hot labels',
      () => held.job.array('y', floats([TRAIN, 3])),
      'train.targets: got [24, 3], expected [24], class numbers for output "logits" [batch, 3]; from one-hot rows: y.argmax(-1)',
    ],
    ['a missing file', () => rm(held.job.path('x.npy')), 'train.inputs: got '],
    ['a file that is no array', () => writeFile(held.job.path('x.npy'), 'no array'), 'train.inputs: got '],
    ['a file that is no model', () => writeFile(held.job.path('model.onnx'), 'no model'), 'model: got '],
  ]
  const bad = (value: number) => {
    const array = floats([TRAIN, WIDTH])
    ;(array.data as Float32Array)[2 * WIDTH + 1] = value
    return array
  }
  for (const [what, arrange, expected] of cases)
    it(`names ${what}`, async () => {
      await held.job.array('g', integers(Array(TRAIN).fill(0)))
      await arrange()
      expect((await faults({ groups: 'g.npy' }))[0]).to.satisfy(
        (fault: string) => fault.startsWith(expected),
        expected,
      )
    })

  it('says how names become numbers where it reads groups', async () => {
    await writeFile(held.job.path('g.npy'), 'no array')
    expect((await faults({ groups: 'g.npy' }))[0]).to.contain('expected an NPY file')
    await held.job.array('g', floats([TRAIN]))
    const bytes = (await readFile(held.job.path('g.npy'))).toString('latin1')
    await writeFile(held.job.path('g.npy'), bytes.replace("'<f4'", "'<U1'"), 'latin1')
    expect((await faults({ groups: 'g.npy' }))[0]).to.contain('np.unique(names, return_inverse=True)[1]')
  })

  it('takes a vector of targets for a column of outputs, and names another number of them', async () => {
    await held.job.model(network(parametersOf('0'), { last: firstOfEach }))
    await held.job.array('y', floats([TRAIN]))
    await held.job.array('yq', floats([4, 1]))
    const { train, query } = await load({ task: 'regression' })
    expect([train.targets.dims, query!.targets.dims]).to.deep.equal([
      [TRAIN, 1],
      [4, 1],
    ])
    await held.job.array('y', floats([TRAIN, 2]))
    expect(await faults({ task: 'regression' })).to.deep.equal([
      'train.targets: got [24, 2], expected [24, 1], as many for output "logits" [batch, 1]',
    ])
  })

  it('notes a model that ends in probabilities, which are no logits', async () => {
    expect((await load()).notes).to.deep.equal([])
    await held.job.model(
      network(parametersOf('0'), { last: (builder, x) => builder.op('Softmax', [x], { axis: int(-1) }) }),
    )
    expect((await load()).notes).to.deep.equal([
      'model: output "logits" comes from Softmax, but is taken as logits; export the model without it',
    ])
  })

  it('tells the faults of several files together', async () => {
    await held.job.array('x', floats([TRAIN, 4]))
    await held.job.array('yq', integers([9, 0, 0, 0]))
    await writeArray(held.job.path('g.npy'), floats([TRAIN]))
    expect((await faults({ groups: 'g.npy' })).map(fault => fault.split(':')[0])).to.deep.equal([
      'train.inputs',
      'query.targets',
    ])
  })

  it('names an operator that is not supported, with its node and graph', async () => {
    const model = network(parametersOf('0'))
    const nodes = model.graph.nodes.map(node =>
      node.opType === 'Relu' ? { ...node, opType: 'MyRelu', name: 'odd.one' } : node,
    )
    await held.job.model({ ...model, graph: { ...model.graph, nodes } })
    const [fault] = await faults()
    expect(fault).to.contain('MyRelu').and.to.contain('odd.one').and.to.contain('small')
  })

  describe('of a language model', () => {
    it('takes the next token as target', () => {
      const rows = [Int32Array.of(5, 6, 7)]
      expect(plain(nextTokens(rows, 3, undefined, -100))).to.deep.equal([
        [1, 2],
        [5, 6],
        [6, 7],
      ])
      expect(plain(nextTokens(rows, 3, 3, -100))).to.deep.equal([
        [1, 3],
        [5, 6, 7],
        [6, 7, -100],
      ])
    })
    const plain = ({
      inputs,
      targets,
    }: {
      inputs: { shape: readonly number[]; data: ArrayLike<unknown> }
      targets: { data: ArrayLike<unknown> }
    }) => [inputs.shape, Array.from(inputs.data, Number), Array.from(targets.data, Number)]
  })
})
