import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { loadJob } from '../../src/job'
import { faultsOf } from './failure'
import { LAYOUT, network, PARAMETERS, parametersOf, smallJob } from './smallJob'

const rows = [0, 1, 2, 3, 4, 5].map(i => parametersOf(String(i)))
const parameters = { parameters: 'ckpt.npy', layout: LAYOUT }

describe('checkpoints of a job', () => {
  const held = smallJob()
  const load = async (fields: Record<string, unknown>) => loadJob(await held.job.write(fields))
  const weights = async (fields: Record<string, unknown>, index: number) => {
    const { checkpoints } = await load(fields)
    const checkpoint = await checkpoints.load(index)
    await checkpoints.close()
    return { checkpoint, of: (name: string) => [...(checkpoint.weights.get(name)!.data as Float32Array)] }
  }

  describe('as rows of flattened parameters', () => {
    it('are found by name, one at a time, by run and step', async () => {
      await held.job.rows([2, 3], rows)
      const { checkpoints } = await load({ checkpoints: parameters })
      expect(checkpoints).to.deep.include({ runs: 2, steps: [3, 3], count: 6 })
      const { name, weights } = await checkpoints.load(4)
      await checkpoints.close()
      expect(name).to.equal('run 1, step 1')
      expect([...(weights.get('fc1.weight')!.data as Float32Array)]).to.deep.equal([
        ...rows[4]!.subarray(0, 30),
      ])
    })

    it('are found by value where the exporter folded a transpose', async () => {
      await held.job.model(network(rows[2]!, { folded: true }))
      await held.job.rows([6], rows)
      const { of } = await weights({ checkpoints: parameters }, 5)
      const weight = of('onnx::MatMul_9')
      // PyTorch's [out, in] stands transposed in the file
      expect(weight[1]).to.equal(rows[5]![5])
      expect(of('fc2.bias')).to.deep.equal([...rows[5]!.subarray(PARAMETERS - 3)])
    })

    it('are mapped where neither names nor values tell, and the error says how', async () => {
      await held.job.model(network(parametersOf('elsewhere'), { folded: true }))
      await held.job.rows([6], rows)
      const found = await faultsOf(load({ checkpoints: parameters }))
      expect(found).to.have.length(2)
      expect(found[0]).to.contain('checkpoints.layout "fc1.weight"')
      expect(found[0]).to.contain(
        '["fc1.weight",[6,5],{"initializer":"...","transposed":true}] to one of: onnx::MatMul_9',
      )
      const layout = LAYOUT.map(([name, dims]) => {
        const index = name === 'fc1.weight' ? 9 : name === 'fc2.weight' ? 10 : undefined
        return index ? [name, dims, { initializer: `onnx::MatMul_${index}`, transposed: true }] : [name, dims]
      })
      const { of } = await weights({ checkpoints: { parameters: 'ckpt.npy', layout } }, 1)
      expect(of('onnx::MatMul_9')[1]).to.equal(rows[1]![5])
    })

    it('name what is missing, too long, of other sizes, or not finite', async () => {
      await held.job.rows([6], rows)
      const fault = async (layout: unknown) =>
        (await faultsOf(load({ checkpoints: { parameters: 'ckpt.npy', layout } })))[0]
      expect(await fault(LAYOUT.slice(0, 3))).to.contain(
        `rows of ${PARAMETERS} numbers, expected ${PARAMETERS - 3}`,
      )
      expect(await fault([['fc1.weight', [3, 10]], ...LAYOUT.slice(1)])).to.contain(
        '[6, 5], the sizes of "fc1.weight"',
      )
      const other = [
        ...LAYOUT.slice(0, 3),
        ['fc1.again', [3], { initializer: 'fc1.bias', transposed: false }],
      ]
      expect(await fault(other)).to.contain('the sizes of "fc1.bias"')
      await held.job.rows(
        [6],
        rows.map((row, i) => (i === 3 ? row.map((x, j) => (j === 31 ? NaN : x)) : row)),
      )
      const { checkpoints } = await load({ checkpoints: parameters })
      expect((await faultsOf(checkpoints.load(3)))[0]).to.equal(
        'checkpoint 3: got NaN in "fc1.bias", expected finite weights',
      )
      await checkpoints.close()
    })
  })

  describe('of a network with BatchNorm', () => {
    const counted = rows.map(row => Float32Array.from([...row, 400]))
    const write = (numbers: readonly Float32Array[]) =>
      held.job.array('ckpt', {
        shape: [numbers.length, numbers[0]!.length],
        dtype: 'float32',
        data: Float32Array.from(numbers.flatMap(row => [...row])),
      })

    it("pass over PyTorch's counters of batches, which no model has", async () => {
      await write(counted)
      const layout = [...LAYOUT, ['bn.num_batches_tracked', []]]
      const { checkpoint, of } = await weights({ checkpoints: { parameters: 'ckpt.npy', layout } }, 3)
      expect([...checkpoint.weights.keys()]).to.have.members(LAYOUT.map(([name]) => name))
      expect(of('fc2.bias')).to.deep.equal([...rows[3]!.subarray(PARAMETERS - 3)])
    })

    it('say how to export it where the exporter folded BatchNorm away', async () => {
      await write(counted)
      const layout = [...LAYOUT, ['bn.running_mean', [1]]]
      const found = await faultsOf(load({ checkpoints: { parameters: 'ckpt.npy', layout } }))
      expect(found).to.have.length(1)
      expect(found[0]).to.contain('got no initializers for "bn.running_mean": the exporter folded BatchNorm')
      expect(found[0]).to.contain('training=torch.onnx.TrainingMode.PRESERVE')
    })
  })

  describe('as ONNX files', () => {
    it('are runs of steps, each file read when it is asked for', async () => {
      for (const i of [1, 2, 3]) await held.job.model(network(rows[i]!), `c${i}.onnx`)
      const { checkpoint, of } = await weights({ checkpoints: [['c1.onnx', 'c2.onnx'], ['c3.onnx']] }, 2)
      expect(checkpoint.name).to.equal('checkpoint c3.onnx')
      expect(of('fc2.weight')).to.deep.equal([...rows[3]!.subarray(36, 54)])
    })

    it('name an initializer that one does not have, and a file that is not there', async () => {
      await held.job.model(network(rows[1]!, { folded: true }), 'c1.onnx')
      const { checkpoints } = await load({ checkpoints: ['c1.onnx'] })
      expect((await faultsOf(checkpoints.load(0)))[0]).to.contain(
        'checkpoint c1.onnx: got no initializer "fc1.weight"',
      )
      expect(await faultsOf(load({ checkpoints: [['c1.onnx', 'c2.onnx'], ['c3.onnx']] }))).to.deep.equal(
        ['c2', 'c3'].map(
          name =>
            `checkpoint ${name}.onnx: got a file that cannot be read (ENOENT), expected an ONNX file, as a path relative to the job`,
        ),
      )
    })

    it('name one that is no ONNX file', async () => {
      await writeFile(held.job.path('c1.onnx'), 'no model')
      const { checkpoints } = await load({ checkpoints: ['c1.onnx'] })
      const [fault] = await faultsOf(checkpoints.load(0))
      expect(fault).to.match(/^checkpoint c1\.onnx: got .*, expected an ONNX file$/)
    })
  })

  it('left out are the weights of the model itself', async () => {
    const { of } = await weights({}, 0)
    expect(of('fc1.bias')).to.deep.equal([...rows[0]!.subarray(30, 36)])
  })
})
