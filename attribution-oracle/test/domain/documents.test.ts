import { expect } from 'chai'
import { EPOCH_CONFIG_FORMAT, epochConfig, epochHeader, parseDocument, sha256 } from '../../src/domain'

const digest = sha256(Buffer.from('x'))

describe('documents of earlier epochs', () => {
  const scoring = {
    projection: 16,
    fisherSamples: 512,
    windowTokens: 64,
    damping: '0.1',
    seed: 's',
    clipQuantile: '0.99',
  }
  const config = {
    format: EPOCH_CONFIG_FORMAT,
    version: 1,
    specVersion: 1,
    epoch: 1,
    datanetId: 1,
    evaluation: digest,
    screening: {
      minBytes: 1,
      maxBytes: 2,
      shingle: 5,
      permutations: 128,
      similarity: '0.8',
      noiseMarginNats: '0.05',
    },
    scoring,
  }
  const read = (value: unknown) =>
    parseDocument(epochConfig, EPOCH_CONFIG_FORMAT, Buffer.from(JSON.stringify(value)))

  it('load without what came later: the weight of spans, the digest of codes', () => {
    expect(read(config).scoring).to.deep.equal(scoring)
    expect(read({ ...config, scoring: { ...scoring, spanWeight: '0.5' } }).scoring.spanWeight).to.equal('0.5')
    const receipt = {
      engine: { onnxruntime: '1', optimization: 'all', provider: 'cpu' },
      seed: 's',
      checkpoints: [digest],
    }
    const header = {
      chainId: 1,
      vault: `0x${'0'.repeat(40)}`,
      epoch: 1,
      specVersion: 1,
      previous: null,
      scoring: receipt,
    }
    expect(epochHeader.parse(header)).to.deep.equal(header)
    const coded = { ...header, scoring: { ...receipt, codes: digest } }
    expect(epochHeader.parse(coded)).to.deep.equal(coded)
  })

  it('refuse a weight of spans that has no one decimal form', () => {
    for (const spanWeight of [0.5, '-1', '1e3', 'NaN'])
      expect(() => read({ ...config, scoring: { ...scoring, spanWeight } })).to.throw('spanWeight')
  })
})
