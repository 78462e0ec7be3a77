import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { readArrays, type NpyArray } from '@open-datanets/onnx-engine'
import { scoreJob } from '../../src/pipeline'
import { faultsOf } from '../job/failure'
import {
  floats,
  integers,
  labels,
  LAYOUT,
  network,
  parametersOf,
  QUERY,
  smallJob,
  TRAIN,
  WIDTH,
} from '../job/smallJob'

const rows = [1, 2, 3, 4].map(i => parametersOf(String(i)))
const checkpoints = { parameters: 'ckpt.npy', layout: LAYOUT }
const groups = integers(Array.from({ length: TRAIN }, (_, i) => i % 5))

describe('scoreJob', () => {
  const held = smallJob()
  const score = async (fields: Record<string, unknown> = {}, name = 'scores') => {
    const result = await scoreJob(await held.job.write(fields), { out: held.job.path(`${name}.npy`) })
    const read = async (end = ''): Promise<NpyArray> =>
      (await readArrays(held.job.path(`${name}${end}.npy`))).get('')!
    return { result, read, receipt: await readFile(result.receipt, 'utf8') }
  }
  const numbers = ({ data }: NpyArray): number[] => Array.from(data, Number)
  beforeEach(async () => {
    await held.job.rows([2, 2], rows)
    await held.job.array('g', groups)
  })

  describe('question usage', () => {
    it('gives float64 [n_train, n_query], sums by group, and a receipt', async () => {
      const { read, receipt } = await score({ checkpoints, groups: 'g.npy' })
      const [scores, sums] = [await read(), await read('.groups')]
      expect([scores.dtype, scores.shape, sums.shape]).to.deep.equal(['float64', [TRAIN, QUERY], [5, QUERY]])
      const own = numbers(scores).reduce(
        (sum, value, at) => sum + (Math.floor(at / QUERY) % 5 === 3 && at % QUERY === 1 ? value : 0),
        0,
      )
      expect(numbers(sums)[3 * QUERY + 1]).to.be.closeTo(own, 1e-12)
      const parsed = JSON.parse(receipt) as {
        checkpoints: { name: string }[]
        outputs: { file: string }[]
        choice: object
      }
      expect(parsed.checkpoints.map(({ name }) => name)).to.deep.equal([
        'run 0, step 0',
        'run 0, step 1',
        'run 1, step 0',
        'run 1, step 1',
      ])
      expect(parsed.outputs.map(({ file }) => file)).to.deep.equal(['scores.npy', 'scores.groups.npy'])
      expect(parsed.choice).to.include({ method: 'hybrid', by: 'rule' })
    })

    it('gives the same bytes again, receipt included', async () => {
      const { receipt } = await score({ checkpoints })
      expect((await score({ checkpoints })).receipt).to.equal(receipt)
    })

    for (const method of ['dual-margin-ggn', 'ggn', 'logra', 'ek-fac'])
      it(`finds a copy of the query by ${method}`, async () => {
        const query = floats([QUERY, WIDTH], 'query')
        const train = floats([TRAIN, WIDTH])
        ;(train.data as Float32Array).set((query.data as Float32Array).subarray(WIDTH, 2 * WIDTH), 5 * WIDTH)
        await held.job.array('x', train)
        await held.job.array(
          'y',
          integers(Array.from({ length: TRAIN }, (_, i) => (i === 5 ? 1 : (2 * i) % 3))),
        )
        const { read, result } = await score({ checkpoints, method })
        expect(result.choice.method).to.equal(method)
        const own = numbers(await read()).filter((_, at) => at % QUERY === 1)
        // label 1 is what the job's second query has: (7·1) mod 3
        expect(own.indexOf(Math.max(...own))).to.equal(5)
      })
  })

  describe('question value', () => {
    it('gives values with a lower bound and an error, by sample and by group', async () => {
      const { read } = await score({ checkpoints, groups: 'g.npy', question: 'value' })
      const [scores, values, lower] = [
        await read(),
        numbers(await read('.values')),
        numbers(await read('.values.lower')),
      ]
      expect(scores.shape).to.deep.equal([TRAIN, QUERY])
      const all = numbers(scores)
      for (let i = 0; i < TRAIN; i++) {
        const mean = all.slice(i * QUERY, (i + 1) * QUERY).reduce((sum, value) => sum + value, 0) / QUERY
        expect(values[i]).to.be.closeTo(mean, 1e-10)
        expect(lower[i]).to.be.at.most(values[i]!)
      }
      const sums = numbers(await read('.groups'))
      expect(sums.reduce((sum, value) => sum + value, 0)).to.be.closeTo(
        values.reduce((sum, value) => sum + value, 0),
        1e-10,
      )
      expect((await read('.groups.error')).shape).to.deep.equal([5])
    })
  })

  describe('with evidence', () => {
    // Losses that follow the subsets as a linear model would: what a row does is its index.
    const evidence = async (subsets: number) => {
      const masks = Uint8Array.from(
        { length: subsets * TRAIN },
        (_, at) => (Math.imul(at + 1, 2654435761) >>> 16) & 1,
      )
      const losses = Float64Array.from(
        { length: subsets },
        (_, s) => -masks.subarray(s * TRAIN, (s + 1) * TRAIN).reduce((sum, bit, i) => sum + bit * i, 0),
      )
      await held.job.array('m', { shape: [subsets, TRAIN], dtype: 'bool', data: masks })
      await held.job.array('l', { shape: [subsets], dtype: 'float64', data: losses })
    }

    it('chooses on one half, reports on the other, and says so in summary and receipt', async () => {
      await evidence(24)
      const { result, receipt } = await score({ checkpoints, audit: { masks: 'm.npy', losses: 'l.npy' } })
      expect(result.choice.summary).to.have.property('LDS, held back').that.contains('on 12 subsets')
      const { choice } = JSON.parse(receipt) as { choice: { report: { subsets: object; table: unknown[] } } }
      expect(choice.report.subsets).to.deep.equal({ choosing: 12, reporting: 12 })
      expect(choice.report.table).to.have.length.greaterThan(3)
    })

    it('retrains by the recipe of the job where it has none', async () => {
      const training = { optimizer: 'sgd', learningRate: 0.1, momentum: 0.9, batch: 8, epochs: 2 }
      const { result } = await score({ checkpoints, audit: { retrain: { subsets: 16, training } } })
      expect(result.choice.summary).to.have.property('LDS, held back').that.contains('on 8 subsets')
    })
  })

  it('question self gives [n_train] without queries', async () => {
    const { read } = await score({ checkpoints, question: 'self', query: undefined })
    expect((await read()).shape).to.deep.equal([TRAIN])
    expect(Math.min(...numbers(await read()))).to.be.greaterThan(0)
  })

  describe('a memory that the codes of the samples do not fit in', () => {
    const small = { checkpoints, question: 'value', memory: 8000 }

    it('sends features over the disk and says so', async () => {
      const { result, read } = await score(small)
      expect(result.route).to.equal('stored')
      expect(result.choice).to.include({ method: 'logra', by: 'rule' })
      expect((await read()).shape).to.deep.equal([TRAIN])
    })

    it('gives what logra gives in memory, but for the rounding of the features', async () => {
      const exact = numbers(
        await (await score({ checkpoints, question: 'value', method: 'logra' })).read('.values'),
      )
      const stored = numbers(await (await score({ ...small, method: 'logra' })).read('.values'))
      const size = Math.max(...exact.map(Math.abs))
      exact.forEach((value, i) => expect(stored[i]! / size).to.be.closeTo(value / size, 0.02))
    })

    it('refuses what needs the codes, naming what would do', async () => {
      expect((await faultsOf(score({ ...small, method: 'ek-fac' })))[0]).to.match(
        /^method: got ek-fac, expected logra or auto/,
      )
      expect((await faultsOf(score({ ...small, question: 'self' })))[0]).to.match(/^memory: got 8000/)
      expect((await faultsOf(score({ ...small, question: 'usage', memory: 500 })))[0]).to.match(
        /^query: got 4 queries/,
      )
    })
  })

  it('computes only what a kept feature store does not have', async () => {
    const kept = { checkpoints, question: 'value', features: 'features' }
    expect((await score(kept)).result.features).to.deep.equal({ computed: 4 * TRAIN, known: 0 })
    const more = floats([TRAIN + 2, WIDTH])
    ;(more.data as Float32Array).set(floats([TRAIN, WIDTH]).data as Float32Array)
    await held.job.array('x', more)
    await held.job.array('y', labels(TRAIN + 2))
    expect((await score({ ...kept, epoch: 2 })).result.features).to.deep.equal({
      computed: 4 * 2,
      known: 4 * TRAIN,
    })
  })

  describe('what users bring', () => {
    const finite = async (fields: Record<string, unknown>) => {
      const { read, result } = await score(fields)
      const scores = await read()
      expect(numbers(scores).every(Number.isFinite)).to.equal(true)
      return { scores, result }
    }

    it('one sample has a score', async () => {
      await held.job.array('x', floats([1, WIDTH]))
      await held.job.array('y', labels(1))
      const { scores } = await finite({ checkpoints })
      expect(scores.shape).to.deep.equal([1, QUERY])
      expect(numbers(scores).some(value => value !== 0)).to.equal(true)
    })

    it('one contributor has everything', async () => {
      await held.job.array('g', integers(Array(TRAIN).fill(0)))
      const { read } = await score({ checkpoints, groups: 'g.npy', question: 'value' })
      const total = numbers(await read('.values')).reduce((sum, value) => sum + value, 0)
      expect(numbers(await read('.groups'))).to.have.length(1)
      expect(numbers(await read('.groups'))[0]).to.be.closeTo(total, 1e-12)
    })

    for (const method of ['dual-margin-ggn', 'ggn', 'logra', 'ek-fac'])
      it(`all the same label is no trouble for ${method}`, async () => {
        await held.job.array('y', integers(Array(TRAIN).fill(2)))
        await finite({ checkpoints, method })
      })

    it('all the same sample shares alike', async () => {
      const one = floats([1, WIDTH]).data as Float32Array
      await held.job.array('x', {
        shape: [TRAIN, WIDTH],
        dtype: 'float32',
        data: Float32Array.from({ length: TRAIN * WIDTH }, (_, i) => one[i % WIDTH]!),
      })
      await held.job.array('y', integers(Array(TRAIN).fill(0)))
      const { scores } = await finite({ checkpoints, question: 'value' })
      const first = numbers(scores).filter((_, at) => at % QUERY === 0)
      first.forEach(value => expect(value).to.be.closeTo(first[0]!, 1e-6 * Math.abs(first[0]!) + 1e-12))
    })

    it('a regression and a binary task are scored, too', async () => {
      await held.job.array('y', floats([TRAIN, 3]))
      await held.job.array('yq', floats([QUERY, 3], 'targets'))
      await finite({ checkpoints, task: 'regression' })
      const zeroOne = (count: number) => ({
        shape: [count, 3],
        dtype: 'bool' as const,
        data: Uint8Array.from({ length: 3 * count }, (_, i) => i % 2),
      })
      await held.job.array('y', zeroOne(TRAIN))
      await held.job.array('yq', zeroOne(QUERY))
      await finite({ checkpoints, task: 'binary', method: 'ggn' })
    })

    it('a model that cannot be differentiated is named with its node', async () => {
      await held.job.model(network(parametersOf('0'), { last: (builder, x) => builder.op('Atan', [x]) }))
      const [fault] = await faultsOf(score())
      expect(fault)
        .to.match(/^model: got/)
        .and.to.contain('Atan')
    })

    it('a checkpoint that fails in the middle is named', async () => {
      await held.job.rows(
        [2, 2],
        rows.map((row, i) => (i === 3 ? row.fill(Infinity) : row)),
      )
      expect(await faultsOf(score({ checkpoints }))).to.deep.equal([
        'run 1, step 1: got Infinity in "fc1.weight", expected finite weights',
      ])
    })
  })
})
