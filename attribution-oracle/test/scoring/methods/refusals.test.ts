import { expect } from 'chai'
import type { CheckpointCapture, Method, MethodSettings, SampleCapture } from '../../../src/scoring/capture'
import { Linear } from '../../../src/scoring/linear/linear'
import { METHODS, methodNamed, selfInfluence } from '../../../src/scoring/methods'
import { filled, numbers } from '../linear/plain'
import { randomCheckpoint } from './dense'
import { checkpointOf, networkOf } from './digits'

const SHAPES = [
  { name: 'fc1', inWidth: 5, outWidth: 3, positions: 1 },
  { name: 'fc2', inWidth: 4, outWidth: 2, positions: 1 },
]
const SCORERS = METHODS.filter(method => !['self-influence', 'closed-form'].includes(method.name))

/** The checkpoint with probabilities, so that every method takes it, and a change to each capture. */
function classifier(
  size: { train: number; query: number; rows: number },
  change: (capture: SampleCapture) => SampleCapture = capture => capture,
): CheckpointCapture {
  const made = randomCheckpoint(size, SHAPES, 1)
  const withP = (capture: SampleCapture): SampleCapture =>
    change({ ...capture, probability: new Float64Array(capture.count).fill(0.75) })
  return {
    ...made,
    train: async direction => withP(await made.train(direction)),
    query: async direction => withP(await made.query(direction)),
  }
}

function withLayer(
  capture: SampleCapture,
  index: number,
  side: 'inputs' | 'gradients',
  fill: (values: Float32Array) => Float32Array,
): SampleCapture {
  return {
    ...capture,
    layers: capture.layers.map((layer, i) => (i === index ? { ...layer, [side]: fill(layer[side]) } : layer)),
  }
}

describe('methods given what users bring', () => {
  let linear: Linear
  before(async () => {
    linear = await Linear.open()
  })
  const score = (method: Method, checkpoint: CheckpointCapture, settings: MethodSettings = {}) =>
    method.score(checkpoint, settings, linear)
  const refusal = (method: Method, checkpoint: CheckpointCapture, settings: MethodSettings = {}) =>
    score(method, checkpoint, settings).then(
      () => expect.fail('nothing was refused'),
      error => error,
    )

  for (const method of SCORERS) {
    describe(method.name, () => {
      it('takes one training sample and one query', async () => {
        const { rows, columns, data } = await score(method, classifier({ train: 1, query: 1, rows: 2 }))
        expect([rows, columns]).to.deep.equal([1, 1])
        expect(data[0]).to.satisfy(Number.isFinite)
      })

      it('scores zero where no gradient is left', async () => {
        const still = (capture: SampleCapture): SampleCapture =>
          [0, 1].reduce(
            (c, index) => withLayer(c, index, 'gradients', v => new Float32Array(v.length)),
            capture,
          )
        const { data } = await score(method, classifier({ train: 4, query: 2, rows: 2 }, still))
        expect([...data].every(x => x === 0)).to.equal(true)
      })

      it('goes on with the other layers where one has no curvature', async () => {
        const still = (capture: SampleCapture): SampleCapture =>
          withLayer(capture, 0, 'gradients', values => new Float32Array(values.length))
        const { data } = await score(method, classifier({ train: 4, query: 2, rows: 2 }, still))
        expect(data.every(Number.isFinite) && data.some(x => x !== 0)).to.equal(true)
      })

      it('scores copies of one sample alike', async () => {
        const copies = (capture: SampleCapture): SampleCapture => ({
          ...capture,
          layers: capture.layers.map(layer => {
            const repeat = (values: Float32Array): Float32Array =>
              values.map((_, at) => values[at % (values.length / capture.count)]!)
            return { ...layer, inputs: repeat(layer.inputs), gradients: repeat(layer.gradients) }
          }),
        })
        const { data } = await score(method, classifier({ train: 6, query: 1, rows: 2 }, copies))
        data.forEach(x => expect(x).to.be.closeTo(data[0]!, 1e-9 * Math.abs(data[0]!)))
      })

      for (const bad of [Number.NaN, Infinity]) {
        it(`refuses ${bad} with the name of the layer`, async () => {
          const broken = (capture: SampleCapture): SampleCapture =>
            withLayer(capture, 1, 'inputs', values => values.with(3, bad))
          const error = await refusal(method, classifier({ train: 4, query: 2, rows: 2 }, broken))
          expect(error).to.have.property('code', 'SCORING_FAILED')
          expect(error.message).to.include('inputs of layer fc2').and.include(`number 3 is ${bad}`)
        })
      }

      it('refuses no samples, missing numbers and layers that are not those of training', async () => {
        const none = classifier({ train: 0, query: 2, rows: 2 })
        expect((await refusal(method, none)).message).to.include('no samples')
        const short = classifier({ train: 4, query: 2, rows: 2 }, capture =>
          withLayer(capture, 0, 'inputs', values => values.subarray(1)),
        )
        expect((await refusal(method, short)).message).to.include('19 numbers where 20 belong')
        const made = classifier({ train: 4, query: 2, rows: 2 })
        const query = async (): Promise<SampleCapture> => {
          const capture = await made.query('loss')
          return { ...capture, layers: capture.layers.slice(1) }
        }
        expect((await refusal(method, { ...made, query })).message).to.include('those of training')
      })

      it('refuses a damping that is no positive decimal', async () => {
        for (const damping of ['0', '-1', 'NaN', '', '0x1', '1e999']) {
          const error = await refusal(method, classifier({ train: 4, query: 2, rows: 2 }), { damping })
          expect(error).to.have.property('code', 'INVALID_ARGUMENT')
          expect(error.message).to.include('damping')
        }
      })
    })
  }

  for (const [what, scale] of [
    ['samples that all have one label', 1],
    ['a model that is certain of everything', 1e4],
  ] as const) {
    it(`take ${what}`, async () => {
      const draw = numbers(7)
      const network = networkOf(
        filled(3 * 4 + 4 + 4 * 3 + 3, draw).map(x => x * scale),
        [3, 4, 3],
      )
      const samples = { inputs: filled(8 * 3, draw), targets: new Float64Array(8) }
      const checkpoint = checkpointOf(network, { train: samples, query: samples })
      for (const method of SCORERS) {
        const { data } = await score(method, checkpoint)
        expect(data.every(Number.isFinite), method.name).to.equal(true)
        expect((await method.value(checkpoint, {}, linear)).every(Number.isFinite), method.name).to.equal(
          true,
        )
        const self = await method.selfInfluence!(checkpoint, {}, linear)
        expect(
          self.every(x => x >= 0 && x < Infinity),
          method.name,
        ).to.equal(true)
      }
    })
  }

  it('refuse matrices beyond the memory they may take, and say what to do', async () => {
    const checkpoint = classifier({ train: 8, query: 2, rows: 2 })
    for (const name of ['dual-margin-ggn', 'ggn'] as const) {
      const error = await refusal(methodNamed(name), checkpoint, { memory: 1000 })
      expect(error.data).to.include({ argument: 'memory' })
      expect(error.message).to.include('score with logra')
    }
  })

  it('refuse an exact Fisher over outputs that are too many', async () => {
    const checkpoint = { ...classifier({ train: 4, query: 2, rows: 2 }), classes: undefined }
    expect((await refusal(methodNamed('ggn'), checkpoint, { fisher: 'exact' })).message).to.include(
      'too many',
    )
  })

  it('refuse a name that is none of theirs', () => {
    expect(() => methodNamed('spans')).to.throw('dual-margin-ggn, logra')
  })

  describe('self-influence', () => {
    it('takes sequences, which have no probability of one class', async () => {
      const made = randomCheckpoint({ train: 5, query: 2, rows: 2 }, SHAPES, 2)
      const self = await selfInfluence.selfInfluence!(made, {}, linear)
      expect(self.every(value => value > 0)).to.equal(true)
    })

    it('refuses queries', async () => {
      expect((await refusal(selfInfluence, classifier({ train: 4, query: 2, rows: 2 }))).message).to.include(
        '"self"',
      )
    })
  })
})
