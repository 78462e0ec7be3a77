import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseJob, readJob, memoryBytes, scoreJobSchema } from '../../src/job'
import { faultsOf } from './failure'

const least = {
  format: 'open-datanets/score-job',
  version: 1,
  task: 'classification',
  model: 'm.onnx',
  train: { inputs: 'x.npy', targets: 'y.npy' },
  query: { inputs: 'x.npy', targets: 'y.npy' },
}
const parsed = (fields: object) => parseJob('job.json', JSON.stringify({ ...least, ...fields }))
const faults = (fields: object) => faultsOf(Promise.resolve().then(() => parsed(fields)))

describe('the document of a job', () => {
  it('fills in what is left out', () => {
    expect(parsed({})).to.include({ question: 'usage', method: 'auto', memory: '2GB', ignoreIndex: -100 })
    expect(parsed({}).providers).to.deep.equal(['cpu'])
  })

  it('takes checkpoints in all forms', () => {
    const layout = [
      ['w', [2, 3]],
      ['b', [2], { initializer: 'onnx::MatMul_9', transposed: true }],
    ]
    const forms = [
      ['a.onnx'],
      [['a.onnx', 'b.onnx'], ['c.onnx']],
      { parameters: 'c.npy', layout },
      { parameters: 'c.npy', layout: 'l.json' },
    ]
    for (const checkpoints of forms) expect(parsed({ checkpoints }).checkpoints).to.deep.equal(checkpoints)
  })

  it('tells all faults at once, each with its place', async () => {
    const found = await faults({
      task: 'clustering',
      version: 2,
      train: { inputs: 7 },
      extra: 1,
      memory: 'much',
      audit: { masks: 'm.npy' },
    })
    expect(found).to.deep.equal([
      'version: got 2, expected 1, the version that this program reads',
      'task: got "clustering", expected one of classification, regression, binary, causal-lm',
      'train.inputs: got 7, expected an NPY or NPZ file, or files by the name of the model input',
      'audit: got {"masks":"m.npy"}, expected masks and losses together, or neither',
      'memory: got "much", expected a size such as "2GB" or "512MB"',
      'extra: got a field that does not exist, expected no such field',
    ])
  })

  it('asks for queries and targets where the question and the task need them', async () => {
    expect(await faults({ query: undefined, train: { inputs: 'x.npy' } })).to.deep.equal([
      'query: got nothing, expected inputs and targets, as question "usage" asks',
      'train.targets: got nothing, expected a file, as task "classification" asks',
    ])
    expect(parsed({ query: undefined, question: 'self' }).query).to.equal(undefined)
    expect(
      parsed({ task: 'causal-lm', train: { inputs: 't.npy' }, query: { inputs: 'q.npy' } }).task,
    ).to.equal('causal-lm')
  })

  it('names a file that is missing or no JSON', async () => {
    expect((await faultsOf(readJob('/nowhere/job.json')))[0]).to.contain('no readable file (ENOENT)')
    const [fault] = await faultsOf(Promise.resolve().then(() => parseJob('job.json', '{"format":')))
    expect(fault).to.match(/^job.json: got .*JSON.*, expected JSON$/)
  })

  it('reads sizes of memory', () => {
    expect(['2GB', '1.5GiB', '512 MB', 7].map(memoryBytes)).to.deep.equal([2e9, 1.5 * 2 ** 30, 512e6, 7])
  })

  it('is what docs/score-job.schema.json says; "attribution-oracle score --schema" writes it', async () => {
    const written = await readFile(join(__dirname, '../../../docs/score-job.schema.json'), 'utf8')
    expect(JSON.parse(written)).to.deep.equal(JSON.parse(JSON.stringify(scoreJobSchema())))
  })
})
