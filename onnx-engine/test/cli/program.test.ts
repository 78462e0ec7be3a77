import { expect } from 'chai'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommandLine } from '../../src/cli/program'
import { fileNameOf } from '../../src/cli/fileName'
import type { Model, NpyArray, Tensor } from '../../src/index'
import {
  GraphBuilder,
  decodeNpy,
  encodeModel,
  encodeNpy,
  encodeNpz,
  numbersOf,
  tensor,
} from '../../src/index'
import { cnn, drawn, mlp, openLength, recurrent, sequenceFirst } from '../differentiate/exportedModels'
import { relativeDistance, runPass } from '../differentiate/explicit'

const arrayOf = ({ dtype, dims, data }: Tensor): NpyArray =>
  ({ dtype, shape: dims, data }) as unknown as NpyArray

/** Infinities stay what they are, and a difference of two of them is NaN. */
function reluOnly(): Model {
  const b = new GraphBuilder('relu')
  const positive = b.op('Relu', [b.input('x', 'float32', ['B', 5])])
  b.output(b.matMul(positive, b.initializer('w', drawn('w', [5, 4]))), 'logits')
  return b.model()
}

describe('onnx-engine', () => {
  let folder: string
  const at = (name: string): string => join(folder, name)
  const write = (name: string, bytes: Uint8Array): Promise<void> => writeFile(at(name), bytes)
  const read = async (name: string): Promise<NpyArray> => decodeNpy(await readFile(at(name)))

  const x = drawn('rows', [6, 5], 1)
  const y = tensor('int64', [6], [0, 1, 2, 3, 3, 1])
  const sequences = drawn('sequences', [2, 3, 4], 1)
  const labels = tensor('int64', [2, 3], [0, 7, 1, 7, 7, 2])
  const unsupported: Model = {
    ...mlp(),
    graph: {
      ...mlp().graph,
      nodes: [
        { opType: 'Unheard', name: 'odd', inputs: ['x'], outputs: ['z'], attributes: {} },
        {
          opType: 'Frobnicate',
          domain: 'com.example',
          name: 'other',
          inputs: ['z'],
          outputs: ['logits'],
          attributes: {},
        },
      ],
    },
  }

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'onnx-engine-'))
    await write('mlp.onnx', encodeModel(mlp()))
    await write('relu.onnx', encodeModel(reluOnly()))
    await write('cnn.onnx', encodeModel(cnn(2)))
    await write('sequences.onnx', encodeModel(sequenceFirst()))
    await write('recurrent.onnx', encodeModel(recurrent()))
    await write('classes.npy', encodeNpy(arrayOf(tensor('int64', [2], [0, 2]))))
    await write('unsupported.onnx', encodeModel(unsupported))
    await write('x.npy', encodeNpy(arrayOf(x)))
    await write('x.npz', encodeNpz(new Map([['x', arrayOf(x)]])))
    await write('y.npy', encodeNpy(arrayOf(y)))
    await write('sequences.npy', encodeNpy(arrayOf(sequences)))
    await write('labels.npy', encodeNpy(arrayOf(labels)))
  })
  after(() => rm(folder, { recursive: true }))

  async function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
    const written = { out: '', err: '' }
    const stream = (name: 'out' | 'err') => ({ write: (text: string) => (written[name] += text) })
    const code = await runCommandLine(args, { out: stream('out'), err: stream('err') })
    return { code, ...written }
  }

  const gradients = (model: string, inputs: string, targets: string, out: string, ...more: string[]) =>
    run(
      ...['gradients', '--model', at(model), '--inputs', at(inputs), '--targets', at(targets)],
      ...['--loss', 'cross-entropy', '--out', at(out), ...more],
    )

  describe('check', () => {
    it('ends with 0 where every gradient is right', async () => {
      const { code, out } = await run('check', at('cnn.onnx'))
      expect(out)
        .to.match(/conv2\.weight +\[6,2,3,3\].* right\n/)
        .and.include('every gradient is right')
      expect(code).to.equal(0)
    })

    it('takes inputs and targets of the user, and prints JSON', async () => {
      const { code, out } = await run(
        'check',
        at('mlp.onnx'),
        '--inputs',
        at('x.npz'),
        '--targets',
        at('y.npy'),
        '--json',
      )
      const result = JSON.parse(out)
      expect([code, result.verdict, result.samples, result.loss]).to.deep.equal([
        0,
        'right',
        6,
        'cross-entropy',
      ])
      expect(result.parameters).to.have.length(4)
    })

    it('draws targets for outputs of an open length, with classes on the second axis or the last', async () => {
      for (const axes of ['last', 'second'] as const) {
        await write('open.onnx', encodeModel(openLength(axes)))
        for (const loss of ['cross-entropy', 'mse', 'bce'])
          expect((await run('check', at('open.onnx'), '--loss', loss)).code, `${axes} ${loss}`).to.equal(0)
      }
      const { out } = await run('check', at('open.onnx'), '--json')
      expect(JSON.parse(out).loss).to.equal('cross-entropy')
    })

    it('checks a recurrent model at the length that is asked for', async () => {
      const { code, out } = await run('check', at('recurrent.onnx'), '--length', '3')
      expect(out).to.include('every gradient is right')
      expect(code).to.equal(0)
    })

    it('ends with 1 and names all unsupported operators', async () => {
      const { code, out } = await run('check', at('unsupported.onnx'))
      expect(code).to.equal(1)
      expect(out)
        .to.include('2 unsupported operators')
        .and.include('com.example.Frobnicate')
        .and.match(/Unheard +odd +mlp/)
    })

    it('ends with 2 where a file is missing or an argument is wrong', async () => {
      const missing = await run('check', at('none.onnx'))
      expect([missing.code, missing.err]).to.satisfy(
        ([code, err]: [number, string]) => code === 2 && /FILE_FAILED.*none\.onnx/.test(err),
      )
      expect((await run('check', at('mlp.onnx'), '--loss', 'hinge')).code).to.equal(2)
      expect((await run('chekc')).code).to.equal(2)
    })
  })

  describe('gradients', () => {
    it('writes losses, an array per parameter and an index: the gradient of the mean loss', async () => {
      const { code, out, err } = await gradients('mlp.onnx', 'x.npy', 'y.npy', 'mean')
      expect([code, err]).to.deep.equal([0, 'runs on cpu\n'])
      expect(out).to.match(/^6 samples, mean loss \d/)
      const samples = { inputs: new Map([['x', x]]), targets: y, count: 6 }
      const exact = await runPass(mlp(), 'parameters', samples, { loss: { kind: 'cross-entropy' } })
      const index = JSON.parse(await readFile(at('mean/index.json'), 'utf8'))
      expect(index.parameters.map((p: { name: string }) => p.name)).to.deep.equal([
        ...exact.gradients!.keys(),
      ])
      for (const { name, dims, file } of index.parameters) {
        const { shape, data } = await read(`mean/${file}`)
        expect(shape).to.deep.equal(dims)
        const mean = numbersOf(exact.gradients!.get(name)!).map(value => value / 6)
        expect(relativeDistance(data as Float32Array, mean), name).to.be.below(1e-6)
      }
      const losses = await read('mean/losses.npy')
      expect(relativeDistance(losses.data as Float64Array, exact.loss)).to.be.below(1e-6)
    })

    it('ends at once where the folder cannot be made', async () => {
      await write('file', new Uint8Array(1))
      const places = [at('file/out'), ...(process.platform === 'linux' ? ['/proc/out'] : [])]
      for (const out of places) {
        const flags = ['--model', at('mlp.onnx'), '--inputs', at('x.npy'), '--targets', at('y.npy')]
        const { code, err } = await run('gradients', ...flags, '--loss', 'cross-entropy', '--out', out)
        expect([code, err.includes('FILE_FAILED')], err).to.deep.equal([2, true])
      }
    })

    it('with --per-sample writes a gradient for each, whose mean is the gradient of the mean', async () => {
      await gradients('mlp.onnx', 'x.npz', 'y.npy', 'mean')
      await gradients('mlp.onnx', 'x.npz', 'y.npy', 'each', '--per-sample')
      const [mean, each] = await Promise.all([read('mean/fc1.weight.npy'), read('each/fc1.weight.npy')])
      expect(each.shape).to.deep.equal([6, 6, 5])
      const means = Array.from(mean.data as Float32Array, (_, i) =>
        [0, 1, 2, 3, 4, 5].reduce((sum, n) => sum + Number(each.data[30 * n + i]) / 6, 0),
      )
      expect(relativeDistance(mean.data as Float32Array, means)).to.be.below(1e-5)
    })

    it('takes the mean over the scored positions of all sequences, as torch.nn.functional.cross_entropy does', async () => {
      const ignoring = ['--ignore-index', '7']
      await gradients('sequences.onnx', 'sequences.npy', 'labels.npy', 'all', ...ignoring)
      await gradients('sequences.onnx', 'sequences.npy', 'labels.npy', 'each', '--per-sample', ...ignoring)
      const [mean, each] = await Promise.all([read('all/b.bias.npy'), read('each/b.bias.npy')])
      // Two positions of the first sequence are scored and one of the second.
      const weighted = Array.from(
        mean.data as Float32Array,
        (_, i) => (2 * Number(each.data[i]) + Number(each.data[5 + i])) / 3,
      )
      expect(relativeDistance(mean.data as Float32Array, weighted)).to.be.below(1e-5)
      expect((await read('all/onnx%3A%3AMatMul_12.npy')).shape).to.deep.equal([4, 6])
    })

    it('writes weights that an exporter turned a second time, as PyTorch has them', async () => {
      const ignoring = ['--ignore-index', '7']
      await gradients('sequences.onnx', 'sequences.npy', 'labels.npy', 'turned', ...ignoring, '--per-sample')
      const index = JSON.parse(await readFile(at('turned/index.json'), 'utf8'))
      const entry = index.parameters.find(({ name }: { name: string }) => name === 'onnx::MatMul_12')
      expect(entry.pytorch).to.deep.equal({
        ...{ name: 'a.weight', dims: [6, 4], transposed: true, by: 'bias', file: 'a.weight.npy' },
      })
      const [own, original] = await Promise.all([
        read(`turned/${entry.file}`),
        read(`turned/${entry.pytorch.file}`),
      ])
      expect([own.shape, original.shape]).to.deep.equal([
        [2, 4, 6],
        [2, 6, 4],
      ])
      for (let i = 0; i < 48; i++) {
        const [sample, row, column] = [Math.floor(i / 24), Math.floor((i % 24) / 4), i % 4]
        expect(original.data[i]).to.equal(own.data[sample * 24 + column * 6 + row])
      }
      await gradients(
        'sequences.onnx',
        'sequences.npy',
        'labels.npy',
        'plain',
        ...ignoring,
        '--names',
        'model',
      )
      expect(await readdir(at('plain'))).to.not.include('a.weight.npy')
    })

    it('unrolls a recurrent model to the length of its inputs', async () => {
      const { code, out } = await gradients('recurrent.onnx', 'sequences.npy', 'classes.npy', 'recurrent')
      expect([code, out]).to.satisfy(
        ([exit, text]: [number, string]) => exit === 0 && text.includes('3 gradients'),
      )
      expect((await read('recurrent/R.npy')).shape).to.deep.equal([1, 5, 5])
    })

    it('names what does not fit', async () => {
      const { code, err } = await gradients('mlp.onnx', 'sequences.npy', 'labels.npy', 'none')
      expect(code).to.equal(2)
      expect(err).to.include('INVALID_ARGUMENT: input "x": got [2,3,4], expected [2,5], samples first\n')
      const short = await gradients('mlp.onnx', 'x.npy', 'labels.npy', 'none')
      expect(short.err).to.match(/--targets .*labels.npy: got \[2,3\], expected 6 samples/)
      expect(await readdir(at('none'))).to.deep.equal([])
      expect((await gradients('unsupported.onnx', 'x.npy', 'y.npy', 'none')).code).to.equal(1)
      const provider = await gradients('mlp.onnx', 'x.npy', 'y.npy', 'none', '--provider', 'tpu')
      expect(provider.err).to.include('--provider: got tpu, expected some of cpu, cuda, webgpu')
    })

    it('refuses NaN, targets and losses that are not finite, and no samples, and writes nothing', async () => {
      const values = numbersOf(x)
      const broken = (value: number): number[] => values.map((each, i) => (i === 12 ? value : each))
      await write('nan.npy', encodeNpy(arrayOf(tensor('float32', [6, 5], broken(NaN)))))
      await write('infinite.npy', encodeNpy(arrayOf(tensor('float32', [6, 5], broken(Infinity)))))
      await write('numbers.npy', encodeNpy(arrayOf(tensor('float32', [6, 4], new Array(24).fill(NaN)))))
      await write('no.npy', encodeNpy(arrayOf(tensor('float32', [0, 5], []))))
      await write('none.npy', encodeNpy(arrayOf(tensor('int64', [0], []))))
      const refusals = [
        ['nan.npy', 'y.npy', 'cross-entropy', 'input "x": got NaN at element 12, in sample 2'],
        ['x.npy', 'numbers.npy', 'mse', 'targets: got NaN at element 0, in sample 0'],
        ['infinite.npy', 'y.npy', 'cross-entropy', 'loss of sample 2: got NaN'],
        ['no.npy', 'none.npy', 'cross-entropy', 'got [0,5], expected one sample or more'],
      ] as const
      for (const [inputs, targets, loss, message] of refusals) {
        const flags = ['--model', at('relu.onnx'), '--inputs', at(inputs), '--targets', at(targets)]
        const { code, err } = await run('gradients', ...flags, '--loss', loss, '--out', at('refused'))
        expect(code, err).to.equal(2)
        expect(err).to.include(message)
      }
      expect(await readdir(at('refused'))).to.deep.equal([])
    })

    it('names what it takes for constants', async () => {
      const b = new GraphBuilder('folded')
      const scores = b.matMul(b.input('x', 'float32', ['B', 5]), b.initializer('w', drawn('w', [5, 4])))
      const folded = b.initializer('onnx::Mul_9', drawn('folded', [1, 4]))
      b.output(b.mul(b.op('Tanh', [scores]), folded), 'logits')
      await write('folded.onnx', encodeModel(b.model()))
      const flags = ['--model', at('folded.onnx'), '--inputs', at('x.npy'), '--targets', at('y.npy')]
      const writing = await run('gradients', ...flags, '--loss', 'cross-entropy', '--out', at('folded'))
      const checking = await run('check', at('folded.onnx'))
      for (const { code, err } of [writing, checking]) {
        expect(code, err).to.equal(0)
        expect(err).to.include('taken for constants: onnx::Mul_9 [1,4]')
      }
      expect((await run('check', at('mlp.onnx'))).err).to.equal('')
    })

    it('names the outputs that there are', async () => {
      const flags = ['--model', at('mlp.onnx'), '--inputs', at('x.npy'), '--targets', at('y.npy')]
      const more = ['--loss', 'cross-entropy', '--out', at('none'), '--output', 'scores']
      const { code, err } = await run('gradients', ...flags, ...more)
      expect(code).to.equal(2)
      expect(err).to.include('got "scores", expected one of its outputs of floats: logits')
    })

    it('states shapes and exit codes in its help', async () => {
      const { code, out } = await run('gradients', '--help')
      expect(code).to.equal(0)
      expect(out).to.include('[n,T,K]').and.include('MEAN loss').and.include('Exit codes')
    })
  })

  it('makes a file name of any parameter name', () => {
    expect(
      ['fc1.weight', 'onnx::MatMul_1', '../up', 'ä b', '.hidden', 'losses'].map(name => fileNameOf(name, 3)),
    ).to.deep.equal([
      'fc1.weight.npy',
      'onnx%3A%3AMatMul_1.npy',
      '%2E.%2Fup.npy',
      '%C3%A4%20b.npy',
      '%2Ehidden.npy',
      'losses.3.npy',
    ])
  })
})
