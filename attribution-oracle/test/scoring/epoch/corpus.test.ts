import { trainBpe } from '@open-datanets/onnx-engine'
import { expect } from 'chai'
import type { PaidOutput } from '../../../src/domain'
import { Corpus } from '../../../src/scoring/epoch/corpus'

describe('Corpus', () => {
  const text = new TextEncoder().encode('contract A { uint256 a; uint256 b; }')
  const tokenizer = trainBpe([text], { vocabSize: 280 })
  const files = new Map([[5n, { id: 5n, bytes: text }]])
  const corpus = new Corpus(tokenizer.toJson(), files, 8)
  const output = (promptTokens: number[], outputTokens: number[]): PaidOutput => ({
    receiptId: 'r',
    modelId: 1,
    promptTokens,
    outputTokens,
    amount: 1n,
  })

  it('gives the files that are there, and leaves out the others', () => {
    const [file, ...more] = corpus.filesOf([4n, 5n, 6n])
    expect(more).to.deep.equal([])
    expect(file?.ids).to.deep.equal(tokenizer.encode(text))
    expect(file?.windows.reduce((sum, { scored }) => sum + scored, 0)).to.equal((file?.ids.length ?? 0) + 1)
  })

  it('scores the answer and not the prompt', () => {
    const [window] = corpus.windowsOfOutput(output([1, 2], [3, 4]))
    expect([...(window?.targets ?? [])]).to.deep.equal([-1, -1, 3, 4, -1, -1, -1, -1])
    expect([...(window?.tokens ?? [])].slice(0, 4)).to.deep.equal([tokenizer.endOfText, 1, 2, 3])
  })

  it('reads a prompt alike with and without the leading end of text', () => {
    expect(corpus.windowsOfOutput(output([tokenizer.endOfText, 1, 2], [3]))).to.deep.equal(
      corpus.windowsOfOutput(output([1, 2], [3])),
    )
  })

  it('gives nothing for tokens that are not in the vocabulary', () => {
    for (const stranger of [tokenizer.vocabSize, -1, 1.5, NaN]) {
      expect(corpus.windowsOfOutput(output([1], [2, stranger]))).to.deep.equal([])
    }
  })
})
